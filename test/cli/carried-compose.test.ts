// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes its variables so
import { expect, test } from "vitest"
import { parse } from "yaml"
import { carryCompose } from "../support/yaml/carried-compose.ts"
import { TRICKY } from "../support/yaml/tricky.ts"

test("what a device gets is what was written", async () => {
  const written = `
services:
  web:
    image: oci:images:web
    environment:
      FLAG: "yes"
      PLAIN: yes
      DATE: "2024-01-01"
      NUMBER: "1_000"
      TIME: "22:22"
      VERSION: "1.10"
      OCTAL: "0o7"
      on: 'off'
      "y": "n"
      TWELVE: 12
      TRUE: true
      PRICE: 5 $$ or $\${PRICE:-less}
      LATER: \${LATER:-"5 $$"}
      TEXT: |
        # two: lines
         with a space
    command: ["sh", "-c", "echo $$HOME # \\"all\\" of: it\\N\\L\\P"]
    labels: { ? "a: b" : "=", "<<": "~" }
  api:
    image: oci:images:api
    mem_limit: 1e21
    environment: ${JSON.stringify(TRICKY.map((text, at) => `V${at}=${text}`))}
`
  const expected = {
    web: {
      environment: {
        ...{ FLAG: "yes", PLAIN: "yes", DATE: "2024-01-01", NUMBER: "1_000", TIME: "22:22", VERSION: "1.10" },
        ...{ OCTAL: "0o7", on: "off", y: "n", TWELVE: 12, TRUE: true, PRICE: "5 $$ or $${PRICE:-less}" },
        ...{ LATER: '${LATER:-"5 $$"}', TEXT: "# two: lines\n with a space\n" },
      },
      command: ["sh", "-c", 'echo $$HOME # "all" of: it\u0085\u2028\u2029'],
      labels: { "a: b": "=", "<<": "~" },
    },
    api: { mem_limit: 1e21, environment: TRICKY.map((text, at) => `V${at}=${text}`) },
  }
  const { got, warnings } = await carryCompose(written)
  expect(warnings).toEqual([
    "warning: service api needs a value for the variable A, which the release does not carry",
  ])
  const images = /^127\.0\.0\.1:\d+\/site\/edge@sha256:[0-9a-f]{64}$/
  for (const text of got) {
    for (const version of ["1.1", "1.2"] as const) {
      const { services, "x-waybill": origin } = parse(text, { version })
      expect(services).toEqual({
        web: { ...expected.web, image: expect.stringMatching(images) },
        api: { ...expected.api, image: expect.stringMatching(images) },
      })
      expect(origin).toEqual({ fleet: "site/edge", version: "1.2.3", commit: expect.any(String) })
    }
  }
  expect(got).toHaveLength(2)
  expect(got[0]).toBe(got[1])
})
