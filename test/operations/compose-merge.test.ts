// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes its variables so
import { describe, expect, test } from "vitest"
import { WaybillError } from "../../src/errors/waybill-error.ts"
import { parseComposeFiles } from "../../src/operations/compose-file.ts"
import { MERGED, textsOf } from "./merged-compose.ts"

function merge(texts: readonly string[], environment: Record<string, string> = {}) {
  const names = ["a.yml", "b.yml", "c.yml"]
  return parseComposeFiles(
    texts.map((text, at) => ({ path: names[at] ?? "", text })),
    environment,
  )
}

function failureOf(work: () => unknown): WaybillError {
  try {
    work()
  } catch (error) {
    if (error instanceof WaybillError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

describe("a later compose file is merged into those before it as Compose does:", () => {
  test.each(MERGED)("$name", ({ web, ...merged }) => {
    const { composition } = merge(textsOf(merged))
    expect(composition.services).toMatchObject({ web: expect.anything() })
    expect((composition.services as Record<string, unknown>).web).toEqual(web)
  })
})

test("services, networks and all else of later files come in beside those before", () => {
  const { composition, images, warnings } = merge([
    "{ name: one, services: { web: { image: web } }, volumes: { data: }, x-a: 1 }",
    "{ name: two, services: { db: { image: db, volumes: ['./db:/db'] } }, volumes: { data: { labels: [a=b] }, more: }, x-b: 2 }",
    "{ networks: { lan: {} } }",
  ])
  expect(composition).toEqual({
    name: "two",
    services: { web: {}, db: { volumes: ["./db:/db"] } },
    volumes: { data: { labels: ["a=b"] }, more: null },
    networks: { lan: {} },
    "x-a": 1,
    "x-b": 2,
  })
  expect(images.map(({ service, image, path }) => [service, image, path])).toEqual([
    ["web", "web", "a.yml"],
    ["db", "db", "b.yml"],
  ])
  expect(warnings).toEqual([expect.stringContaining("service db mounts ./db")])
})

test("an override may be without images, and may name another one", () => {
  const { images } = merge(
    [
      "services: { web: { image: 'web:1' }, db: { image: db } }",
      "services: { web: { image: 'web:$TAG' }, db: }",
    ],
    { TAG: "2" },
  )
  expect(images).toEqual([
    { service: "web", image: "web:2", path: "b.yml" },
    { service: "db", image: "db", path: "a.yml" },
  ])
})

test("tags within an anchor count wherever it is used", () => {
  const { composition } = merge([
    "services: { web: { image: web, ports: ['80'], init: true }, db: { image: db, ports: ['81'], dns: a } }",
    "{ x-b: &b { ports: !reset [], dns: !override [b] }, services: { web: { <<: *b, init: false }, db: *b } }",
  ])
  expect(composition.services).toEqual({ web: { init: false, dns: ["b"] }, db: { dns: ["b"] } })
})

/** Of two files, the service web of the one and of the other; and what is said of it. */
const REFUSED: readonly [name: string, before: string, after: string, message: RegExp][] = [
  [
    "a list over a mapping",
    "deploy: { replicas: 1 }",
    "deploy: [a]",
    /service web: deploy cannot be merged .*a mapping/,
  ],
  ["a text over a list", "ports: ['80']", "ports: '81'", /service web: ports .*a list/],
  [
    "an entry that a variable may make the same",
    "group_add: [a$X]",
    "group_add: [ab]",
    /service web: group_add .*ab is there already/,
  ],
  [
    "two entries of one file for one port",
    "ports: ['80:80', { target: 80, published: '80' }]",
    "ports: ['81']",
    /service web: ports .*"target":80/,
  ],
  [
    "names with variables",
    "networks: [$NET]",
    "networks: [one]",
    /service web: networks .*"\$NET" is no name/,
  ],
  [
    "keys with variables beside a mapping",
    "environment: ['$X=1']",
    "environment: { A: 1 }",
    /service web: environment .*"\$X=1" has no key/,
  ],
  [
    "keys that hold a =",
    "environment: { A=B: 1 }",
    "environment: { A: 1 }",
    /service web: environment .*A=B holds a =/,
  ],
  [
    "values that are no plain ones",
    "labels: { a: [b] }",
    "labels: { a: c }",
    /service web: labels .*a has no plain value/,
  ],
  [
    "drivers that a variable may make the same",
    "logging: { driver: $L }",
    "logging: { driver: syslog }",
    /service web: logging .*driver/,
  ],
  ["no logging at all", "logging: { driver: syslog }", "logging:", /service web: logging .*no mapping/],
  [
    "hosts without an address",
    "extra_hosts: { a: }",
    "extra_hosts: [b=1]",
    /service web: extra_hosts .*a has no address/,
  ],
  [
    "a tag that reaches into a list",
    "ports: [{ target: 80 }]",
    "ports: { a: !reset null }",
    /service web: ports\.a .*into a list/,
  ],
  [
    "a tag on an entry of a list",
    "ports: ['80']",
    "ports: [!reset '80']",
    /^b\.yml: service web: ports: !reset stands within a list/,
  ],
  [
    "a tag within an entry of a list",
    "ports: ['80']",
    "ports: [{ target: !override 80 }]",
    /ports\.target: !override stands within a list/,
  ],
  [
    "a tag within a replacement",
    "deploy: {}",
    "deploy: !override { labels: !reset [] }",
    /deploy\.labels: !reset stands within an !override/,
  ],
]

describe("what cannot be merged as Compose does is refused, naming the file, the service and the key:", () => {
  test.each(REFUSED)("%s", (_, before, after, message) => {
    const error = failureOf(() => merge(textsOf({ files: [before, after] })))
    expect(error.code).toBe("INVALID_COMPOSE_FILE")
    expect(error.message).toMatch(/^b\.yml: /)
    expect(error.message).toMatch(message)
    expect(error.hint).toBeTruthy()
  })

  test.each([
    [
      "subnets",
      "networks: { n: { ipam: { config: [{ subnet: 192.0.2.0/24 }] } } }",
      /^b\.yml: networks\.n\.ipam\.config cannot be merged/,
    ],
    [
      "resources of elsewhere in the old way",
      "volumes: { v: { external: { name: x } } }",
      /^b\.yml: volumes\.v\.external .*a mapping/,
    ],
    ["other files", "include: [c.yml]", /^b\.yml: include brings in other files/],
    [
      "a service that extends another",
      "services: { web: { extends: db } }",
      /^b\.yml: service web extends another/,
    ],
    [
      "a tag at the root",
      "!override { services: { web: { init: true } } }",
      /^b\.yml: !override stands at the root/,
    ],
    ["what is no YAML", "services: [", /^b\.yml: .*at line 1/],
    ["what is no compose file", "- web", /^b\.yml: the file: it should be a mapping, and is a list/],
  ])("%s", (_, text, message) => {
    const first = `{ services: { web: { image: web } }, ${/^(networks|volumes)/.test(text) ? text : "x: 1"} }`
    const error = failureOf(() => merge([first, text]))
    expect(error.code).toBe("INVALID_COMPOSE_FILE")
    expect(error.message).toMatch(message)
  })

  test("an image that is taken away, and what an image lacks", () => {
    const taken = failureOf(() =>
      merge(["services: { web: { image: a } }", "services: { web: { image: !reset null } }"]),
    )
    expect(taken.message).toBe("a.yml, b.yml: service web has no image")
    const unset = failureOf(() =>
      merge(["services: { web: { image: a } }", "services: { web: { image: 'a:$TAG' } }"]),
    )
    expect(unset.message).toMatch(/^b\.yml: service web: .*TAG is not set/)
  })

  test("tags in aliases without end, and aliases of themselves", () => {
    const nodes = Array.from({ length: 400 }, () => "a")
    const aliases = Array.from({ length: 400 }, () => "*a")
    const many = failureOf(() => merge([`{ x-r: !reset 1, x-a: &a [${nodes}], x-b: [${aliases}] }`]))
    expect(many.message).toMatch(/^a\.yml: it has more than 100000 nodes/)
    const circle = failureOf(() =>
      merge(["{ x-r: !reset 1, services: &s { web: { image: a, x-all: *s } } }"]),
    )
    expect(circle.message).toMatch(/^a\.yml: /)
  })
})
