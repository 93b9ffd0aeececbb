import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { parseComposeDocument } from "../../src/operations/compose-document.ts"
import { printYaml } from "../../src/operations/compose-yaml.ts"
import { carryCompose } from "../support/yaml/carried-compose.ts"
import { documents, TRICKY, texts } from "../support/yaml/tricky.ts"
import { YamlReader } from "../support/yaml/yaml-reader.ts"

interface Project {
  services: { web: { environment: Record<string, string>; command: string[] } }
}

let compose: YamlReader
beforeAll(() => {
  compose = new YamlReader(".tools/go/bin/composed")
})
afterAll(() => compose.close())

/** As it stands in a compose file (compose-spec, Interpolation). */
const doubled = (text: string) => text.replaceAll("$", "$$$$")

/** Variables are filled into values alone, and not into keys. */
function inValues(value: unknown): unknown {
  if (typeof value === "string") return doubled(value)
  if (Array.isArray(value)) return value.map(inValues)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inValues(inner)]))
}

describe("Compose's own library", () => {
  async function check(values: readonly string[]) {
    const environment = Object.fromEntries(values.map((value, at) => [`V${at}`, value]))
    const web = {
      image: "web",
      command: values.map(doubled),
      environment: values.map((value, at) => `V${at}=${doubled(value)}`),
    }
    const project = (await compose.read({ texts: [printYaml({ services: { web } })] })) as Project
    expect(project.services.web.command).toEqual(values)
    expect(project.services.web.environment).toEqual(environment)
  }

  test("reads every text that a release gives its services as it was written", async () => {
    await check(TRICKY)
    await fc.assert(fc.asyncProperty(fc.array(texts, { minLength: 1 }), check))
  })

  test("reads documents within a compose file as they were written", async () => {
    const services = { web: { image: "web" } }
    // JSON.parse takes a key that ends in another escape for one that ends in a backslash (nodejs/node#63785).
    const keys = texts.map((text) => text.replaceAll("\\", "/"))
    await fc.assert(
      fc.asyncProperty(documents(keys), async (document) => {
        const text = printYaml({ services, "x-document": { is: inValues(document) } })
        const project = (await compose.read({ texts: [text] })) as { "x-document": { is: unknown } }
        expect(project["x-document"].is).toEqual(document)
      }),
    )
  })

  test("reads the same numbers and texts where nothing is in quotes", async () => {
    const values = (
      "1_000 1__0_ -1_0 0b101 -0B1_1 +0b1 0x_1F +0x10 -0x1f 0X10 0o17 -0o17 +0o17 0O17 017 0_17 08 0_8 09_9 +12 1_0.5 " +
      "-1_0.5e1_0 1_0. 1e3 1_e3 0_.5 +.5_0 +._5 ._5 _1 -_1 0x 0x_ 0b12 0b_ 0o_7 0_x1F 00_x1 0_b1 1_000a 1_0.5.1 1:30 + 2024_01_01"
    ).split(" ")
    const list = values.map((value) => `  - ${value}\n`).join("")
    const text = `services: { web: { image: web } }\nx-numbers:\n${list}`
    const project = (await compose.read({ texts: [text] })) as { "x-numbers": unknown }
    expect(parseComposeDocument(text, "compose.yml").value["x-numbers"]).toEqual(project["x-numbers"])
  })

  test("gets the same from what a device gets as from what was written", async () => {
    const written = `
name: vending
x-base: &base
  environment: { FLAG: "yes", DATE: "2024-01-01", NUMBER: "1_000", TIME: "22:22", on: 'off', PRICE: "5 $$", NAME: "\${NAME}" }
  init: yes
services:
  web:
    <<: *base
    image: oci:images:web
    command: echo "$$HOME" \${NAME:-nobody} "\${NONE-a b}"
    mem_limit: 1073741824
    ulimits: { nofile: { soft: 0o17, hard: 1024 } }
    ports: ["22:22", "8080:80/udp"]
    labels: { "a: b": "=", "~": "~", "<<": "1.10" }
    healthcheck: { test: "curl -f http://127.0.0.1/ || exit 1", interval: 1m30s }
    configs: [{ source: page, mode: 0440 }]
    volumes: ["data:/data:ro", "./html:/html"]
  api: { image: oci:images:api, environment: [NAME, "TAG=$$1"], cpus: 0.5, deploy: { replicas: 2 } }
configs: { page: { content: "a\\n#b\\u2028 $$c\\n" } }
volumes: { data: }
`
    const variables = { NAME: "Ada $HOME" }
    const { got, warnings } = await carryCompose(written)
    expect(warnings).toEqual([
      expect.stringContaining("service web mounts ./html"),
      expect.stringContaining("service api needs a value for the variable NAME"),
      expect.stringContaining("service web needs a value for the variable NAME"),
    ])
    const expected = await compose.read({ texts: [written], variables })
    expect(expected).toMatchObject({
      services: { web: { environment: { NAME: "Ada $HOME", PRICE: "5 $", TIME: "22:22" } } },
    })
    for (const text of got)
      expect(plain(await compose.read({ texts: [text], variables }))).toEqual(plain(expected))
  })
})

/** A project without what the release puts in: its images, and what it is. */
function plain(project: unknown): unknown {
  const { services, "x-waybill": _, ...rest } = project as { services: object; "x-waybill": unknown }
  const inner = Object.entries(services).map(([name, { image: __, ...service }]) => [name, service])
  return { ...rest, services: Object.fromEntries(inner) }
}
