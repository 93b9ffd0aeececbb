import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { WaybillError } from "../../src/errors/waybill-error.ts"
import { parseComposeFiles } from "../../src/operations/compose-file.ts"
import { printYaml } from "../../src/operations/compose-yaml.ts"
import { MERGED, textsOf } from "../operations/merged-compose.ts"
import { YamlReader } from "../support/yaml/yaml-reader.ts"
import { composeFiles, printComposeText, variables } from "./compose-files.ts"

let compose: YamlReader
beforeAll(() => {
  compose = new YamlReader(".tools/go/bin/composed")
})
afterAll(() => compose.close())

type Variables = Record<string, string>

async function understood(texts: readonly string[], set: Variables): Promise<unknown> {
  try {
    return await compose.read({ texts, variables: set, unresolved: true })
  } catch (error) {
    return { refused: (error as Error).message }
  }
}

/** What a release would hold of the files, as a compose file; `undefined` where they are refused. */
function merged(texts: readonly string[]): string | undefined {
  try {
    const files = texts.map((text, at) => ({ path: `compose-${at}.yml`, text }))
    const { composition, images } = parseComposeFiles(files, {})
    const services = Object.fromEntries(
      images.map(({ service, image }) => [service, { ...sectionOf(composition.services)[service], image }]),
    )
    return printYaml({ ...composition, services })
  } catch (error) {
    if (error instanceof WaybillError && error.code === "INVALID_COMPOSE_FILE") return undefined
    throw error
  }
}

function sectionOf(value: unknown): Record<string, object> {
  return value as Record<string, object>
}

const isRefused = (answer: unknown) => Object.hasOwn(answer as object, "refused")

/** Whether the merge is as Compose's, or refused; never another. */
async function check(texts: readonly string[], set: Variables): Promise<"merged" | "refused" | "wrong"> {
  const text = merged(texts)
  if (text === undefined) return "refused"
  const [expected, got] = [await understood(texts, set), await understood([text], set)]
  if (isRefused(expected)) {
    // What is wrong with a file may be overridden here; Compose looks at each file.
    if (isRefused(await understood(texts.slice(0, 1), set))) return "wrong"
    expect(got, texts.join("\n---\n")).toHaveProperty("refused")
  } else expect(got, `${texts.join("\n---\n")}\n=>\n${text}`).toEqual(expected)
  return "merged"
}

/** Files whole, with more in them than services. */
const WHOLE: readonly [name: string, ...texts: string[]][] = [
  [
    "networks and volumes",
    "{ services: { web: { image: web, networks: [n], volumes: ['v:/v'] } }, networks: { n: { labels: [a=1], ipam: { options: { o: a } } } }, volumes: { v: } }",
    "{ networks: { n: { labels: { a: 2, b: }, ipam: { options: { p: b } } }, more: }, volumes: { v: { labels: [x=y], driver_opts: { k: l } } } }",
  ],
  [
    "secrets and configs",
    "{ services: { web: { image: web, secrets: [s], configs: [c] } }, secrets: { s: { environment: S } }, configs: { c: { content: x } } }",
    "{ secrets: { s: { labels: [a=1] } }, configs: { c: { content: y }, d: { content: z } } }",
  ],
  [
    "a service that is taken away, and one that comes in its place",
    "{ services: { web: { image: web }, db: { image: db } }, networks: { n: { driver: bridge, labels: [a=1] } } }",
    "{ services: { db: !reset null, cache: { image: cache, depends_on: [web] } }, networks: { n: !override { labels: [b=2] } } }",
    "{ name: last, services: { web: { networks: { n: { aliases: [w] } } } } }",
  ],
  [
    "anchors with tags",
    "services: { web: { image: web, ports: ['80'], init: true }, db: { image: db, ports: ['81'], dns: 192.0.2.1 } }",
    "{ x-b: &b { ports: !reset [], dns: !override [192.0.2.2] }, services: { web: { <<: *b, init: false }, db: *b } }",
  ],
]

describe("Compose's own library", () => {
  test.each(MERGED)("merges $name", async (files) => {
    expect(await check(textsOf(files), { X: "x", P: "9090", Y: "y" })).toBe("merged")
  })

  test.each(WHOLE)("merges %s", async (_, ...texts) => {
    expect(await check(texts, {})).toBe("merged")
  })

  test("makes of merged files what it makes of the files, whatever variables are set to", async () => {
    const counts = { merged: 0, refused: 0, wrong: 0 }
    await fc.assert(
      fc.asyncProperty(composeFiles, variables, async (files, set) => {
        counts[await check(files.map(printComposeText), set)]++
      }),
      { numRuns: 1000 },
    )
    // What is refused has variables where they decide on the merge; most has not.
    expect(counts.merged).toBeGreaterThan(500)
  })
})
