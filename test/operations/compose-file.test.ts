// biome-ignore-all lint/suspicious/noTemplateCurlyInString: compose writes its variables so
import { describe, expect, test } from "vitest"
import { WaybillError } from "../../src/errors/waybill-error.ts"
import { parseComposeFiles } from "../../src/operations/compose-file.ts"

function parse(text: string, environment: Record<string, string> = {}) {
  return parseComposeFiles([{ path: "compose.yml", text }], environment)
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

describe("a compose file", () => {
  test("becomes a composition without images and builds, and the images of its services", () => {
    const { composition, images, warnings } = parse(`
      name: vending
      x-owner: { team: field }
      services:
        web: { image: "web:1", build: ., restart: always, x-note: [1, 2] }
        api: { image: "api:2" }
      volumes: { data: {} }
    `)
    expect(images).toEqual([
      { service: "web", image: "web:1", path: "compose.yml" },
      { service: "api", image: "api:2", path: "compose.yml" },
    ])
    expect(composition).toEqual({
      name: "vending",
      "x-owner": { team: "field" },
      services: { web: { restart: "always", "x-note": [1, 2] }, api: {} },
      volumes: { data: {} },
    })
    expect(warnings).toEqual([])
  })

  test("may repeat itself with anchors and merge keys", () => {
    const { composition, images } = parse(`
      x-base: &base { image: "base:1", restart: always, environment: { LEVEL: info } }
      services:
        web: { <<: *base, image: "web:1" }
        api: *base
        both:
          <<: [*base, { init: true }]
    `)
    expect(images.map(({ image }) => image)).toEqual(["web:1", "base:1", "base:1"])
    const base = { restart: "always", environment: { LEVEL: "info" } }
    expect(composition.services).toEqual({ web: base, api: base, both: { ...base, init: true } })
  })

  test("keeps the variables of everything but images for the place where it runs", () => {
    const { composition, images } = parse(
      'services: { web: { image: "$NAME", command: "$NAME $$ ${OTHER:-x}", environment: { A: "$B" } } }',
      { NAME: "web:1" },
    )
    expect(images).toEqual([{ service: "web", image: "web:1", path: "compose.yml" }])
    expect(composition.services).toEqual({
      web: { command: "$NAME $$ ${OTHER:-x}", environment: { A: "$B" } },
    })
  })

  test("warns of files that the release does not carry", () => {
    const { warnings } = parse(`
      services:
        web: { image: web, env_file: .env, configs: [page], secrets: [key, token] }
        api: { image: api, label_file: [labels] }
      configs: { page: { file: ./page.html }, inline: { content: "x" }, none: }
      secrets: { key: { file: ./key.pem }, token: { environment: TOKEN } }
    `)
    expect(warnings).toEqual([
      "service api reads a label_file, which the release does not carry",
      "service web reads an env_file, which the release does not carry",
      "page comes from a file, which the release does not carry",
      "key comes from a file, which the release does not carry",
      "token needs a value for the variable TOKEN, which the release does not carry",
    ])
  })

  test("warns of paths of the machine that are mounted, in each syntax, and of no volume", () => {
    const { warnings } = parse(`
      services:
        web:
          image: web
          volumes:
            - ./html:/srv/html
            - ../up:/up:ro
            - /etc/localtime:/etc/localtime:ro
            - ~/.ssh:/ssh
            - C:\\data:/data
            - "\${HOME}/x:/x"
            - "\${DATA:-./data}:/data"
            - { type: bind, source: ./long, target: /long }
            - data:/var/lib/data
            - "\${NAME:-data}:/var/lib/data"
            - /anonymous
            - { type: volume, source: data, target: /v }
            - { type: tmpfs, target: /tmp }
            - { type: bind, target: /broken }
            - 12
        api: { image: api, volumes: none }
      volumes:
        data:
        bound: { driver_opts: { type: none, o: "rw,bind", device: /srv/bound } }
        remote: { driver_opts: { type: nfs, o: "addr=192.0.2.1,bindless", device: ":/x" } }
    `)
    const mounted = /^(.*) mounts (.*), a path of the machine it runs on, which the release does not carry$/
    expect(
      warnings.filter((warning) => mounted.test(warning)).map((text) => text.replace(mounted, "$1 $2")),
    ).toEqual([
      "service web ./html",
      "service web ../up",
      "service web /etc/localtime",
      "service web ~/.ssh",
      "service web C:\\data",
      "service web ${HOME}/x",
      "service web ${DATA:-./data}",
      "service web ./long",
      "volume bound /srv/bound",
    ])
    expect(warnings).toHaveLength(10)
    expect(warnings).toContain(
      "service web needs a value for the variable HOME, which the release does not carry",
    )
  })

  test("warns of variables that have no value in it, once for each place", () => {
    const { warnings } = parse(
      `
      name: $PROJECT
      x-base: { note: $EXTENSION }
      services:
        web:
          image: "$IMAGE"
          build: { args: { A: $BUILD } }
          environment: { PW: "\${SECRET_PW}", AGAIN: $SECRET_PW, NAME: , FULL: "", D: "\${D:-\${E}}", F: "\${F:?give it}", P: $COMPOSE_PROJECT_NAME }
          command: ["$$NOT", "\${G-}", "\${H:+$I}", "costs 5 $", "\${open"]
          x-note: $EXTENSION
        api: { image: api, environment: [TOKEN, "URL=$HOST", EMPTY=, "$LINE"] }
      networks: { net: { driver_opts: { $KEY: "$NET" } } }
    `,
      { IMAGE: "web", SECRET_PW: "known here" },
    )
    const needs = /^(.*) needs a value for the variable (.*), which the release does not carry$/
    expect(warnings.map((text) => text.replace(needs, "$1: $2"))).toEqual([
      "service api: TOKEN",
      "service api: HOST",
      "service api: LINE",
      "service web: NAME",
      "service web: SECRET_PW",
      "service web: E",
      "service web: F",
      "name: PROJECT",
      "networks: NET",
    ])
  })

  test("that nests variables thousands of times is read all the same", () => {
    const nested = `${"${A:-".repeat(20_000)}${"}".repeat(20_000)}`
    expect(parse(`services: { web: { image: web, command: "${nested}" } }`).warnings).toEqual([])
    expect(parse(`services: { web: { image: web, command: "${"${A:-".repeat(20_000)}" } }`).warnings).toEqual(
      [],
    )
  })

  test("keeps keys as they are written, whatever they look like", () => {
    const { composition } = parse(
      "services: { web: { image: web, environment: { TRUE: 1, 010: 2, 1_0: 3, ~: 4, 1.50: 5, on: 6, 18446744073709551615: 7, '<<': 8 } } }",
    )
    const environment = {
      TRUE: 1,
      "010": 2,
      "1_0": 3,
      "~": 4,
      "1.50": 5,
      on: 6,
      "18446744073709551615": 7,
      "<<": 8,
    }
    expect(composition.services).toEqual({ web: { environment } })
  })

  test("keeps numbers exactly", () => {
    const { composition } = parse("services: { web: { image: web, x: [9007199254740991, 0x1F, 1e21, 0.1] } }")
    expect(composition.services).toEqual({ web: { x: [9_007_199_254_740_991, 31, 1e21, 0.1] } })
  })

  test("keeps services whose names look like parts of JavaScript", () => {
    const { composition, images } = parse("services: { constructor: { image: a }, toString: { image: b } }")
    expect(images.map(({ service }) => service)).toEqual(["constructor", "toString"])
    expect(Object.keys(composition.services as object)).toEqual(["constructor", "toString"])
  })
})

test.each([
  ["1_000", 1000],
  ["1__0_", 10],
  ["-1_0", -10],
  ["0b101", 5],
  ["-0B1_1", -3],
  ["+0b1", 1],
  ["0x_1F", 31],
  ["+0x10", 16],
  ["-0x1f", -31],
  ["0X10", 16],
  ["0x10", 16],
  ["0o17", 15],
  ["-0o17", -15],
  ["017", 15],
  ["0_17", 15],
  ["+12", 12],
  ["1_0.5", 10.5],
  ["-1_0.5e1_0", -10.5e10],
  ["1_0.", 10],
  ["1e3", 1000],
  ["!!int 1_000", 1000],
  // Texts, to Compose as well.
  ["_1", "_1"],
  ["._5", "._5"],
  ["0x", "0x"],
  ["0b12", "0b12"],
  ["0x_", "0x_"],
  ["1_000a", "1_000a"],
  ["1_0.5.1", "1_0.5.1"],
  ["1:30", "1:30"],
  ["+", "+"],
  ['"1_000"', "1_000"],
  ["!!str 1_000", "1_000"],
])("%s without more is to Compose %j", (text, value) => {
  const { composition } = parse(`services: { web: { image: a } }\nx-n: ${text}\n`)
  expect(composition["x-n"]).toBe(value)
})

test("a key that looks like a number stays as it is written", () => {
  const { composition } = parse("services: { web: { image: a } }\nx-n: { 1_000: a, 0b10: b, 0x_1F: c }\n")
  expect(composition["x-n"]).toEqual({ "1_000": "a", "0b10": "b", "0x_1F": "c" })
})

const BOMB = [
  "a: &a [x, x, x, x, x, x, x, x, x]",
  ..."bcdefghij".split("").map((name, at) => {
    const before = "abcdefghij"[at]
    return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(", ")}]`
  }),
  "services: { web: { image: web } }",
].join("\n")

describe("a compose file is refused, naming the file, the place and what to do", () => {
  test.each([
    ["nothing in it", "", /services/],
    ["a comment alone", "# nothing yet", /services/],
    ["a list", "- web\n- api", /the file: /],
    ["a text", "web", /the file: /],
    ["no services", "name: vending", /services/],
    ["services that are empty", "services: {}", /it has no services/],
    ["services that are a list", "services: [web]", /services: /],
    ["a service that is empty", "services: { web: }", /service web has no image/],
    ["a service without image", "services: { web: { restart: always } }", /service web has no image/],
    ["a build alone", "services: { web: { build: . } }", /service web has a build but no image/],
    ["an empty image", 'services: { web: { image: "" } }', /services\.web\.image: /],
    ["an image that is a number", "services: { web: { image: 12 } }", /services\.web\.image: /],
    [
      "a service that extends another",
      "services: { web: { extends: api, image: web } }",
      /web extends another/,
    ],
    ["other files", "include: [other.yml]\nservices: { web: { image: web } }", /include brings in other/],
    ["a service's name with a space", 'services: { "my web": { image: web } }', /a service's name has/],
    [
      "a service's name that is long",
      `services: { ${"w".repeat(64)}: { image: web } }`,
      /a service's name has/,
    ],
    ["a service named __proto__", "services: { __proto__: { image: web } }", /services/],
    ["a tab as indentation", "services:\n\tweb: {}", /compose\.yml: .*tabs?/i],
    ["an open bracket", "services: { web: [", /compose\.yml: /],
    ["a key twice", "services: { web: { image: a }, web: { image: b } }", /unique/],
    ["two documents", "services: {}\n---\nservices: {}", /several YAML documents/],
    ["an alias of nothing", "services: { web: *web }", /alias/i],
    [
      "an alias of itself",
      "services: &s { web: { image: a, x-all: *s } }",
      /service web: x-all: \*s stands in a circle/,
    ],
    ["aliases that multiply", BOMB, /its aliases stand for too much/],
    ["a list in itself", "x-a: &a [1, *a]\nservices: { web: { image: a } }", /x-a: \*a stands in a circle/],
    [
      "bytes",
      "services: { web: { image: a, x-b: !!binary aGk= } }",
      /service web: x-b: !!binary stands for no/,
    ],
    [
      "a set",
      "services: { web: { image: a, x-s: !!set { a, b } } }",
      /service web: x-s: !!set stands for no/,
    ],
    ["an ordered mapping", "x-o: !!omap [a: 1]\nservices: { web: { image: a } }", /x-o: !!omap stands/],
    ["a time", "x-t: !!timestamp 2024-01-01\nservices: { web: { image: a } }", /x-t: !!timestamp stands/],
    ["a tag that programs know", "services: { web: { image: a, x-v: !vault abc } }", /x-v: !vault stands/],
    [
      "an integer that is none",
      "services: { web: { image: a, x-i: !!int abc } }",
      /service web: x-i: !!int stands for no plain value/,
    ],
    [
      "a key that is a list",
      "services: { web: { image: a, x-k: { ? [a, b] : c } } }",
      /web: x-k: a key is a list/,
    ],
    [
      "a key that is a mapping",
      "x-k: { ? { a: b } : c }\nservices: { web: { image: a } }",
      /x-k: a key is a list or/,
    ],
    [
      "a key that is an alias",
      "x-k: { &k a: b, *k : c }\nservices: { web: { image: a } }",
      /x-k: a key is an alias/,
    ],
    ["a number without end", "services: { web: { image: a, x-n: .inf } }", /JSON cannot say/],
    [
      "an integer that JSON rounds",
      "services: { web: { image: a, x: 9007199254740993 } }",
      /9007199254740993 is too large/,
    ],
    ["one with _", "services: { web: { image: a, x: 9_007_199_254_740_993 } }", /9_007\S+ is too large/],
    ["one in binary", `services: { web: { image: a, x: 0b${"1".repeat(54)} } }`, /0b1+ is too large/],
    ["one in octal", "services: { web: { image: a, x: -0777777777777777777777 } }", /-0777\d+ is too large/],
    ["a variable that is not set", 'services: { web: { image: "a:$TAG" } }', /service web: .*TAG is not set/],
  ])("%s", (_, text, message) => {
    const error = failureOf(() => parse(text))
    expect(error.code).toBe("INVALID_COMPOSE_FILE")
    expect(error.message).toMatch(/^compose\.yml: /)
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain("\n")
    expect(error.hint).toBeTruthy()
  })
})
