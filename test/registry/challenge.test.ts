import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { parseChallenges } from "../../src/registry/challenge.ts"

function plain(text: string) {
  return parseChallenges(text).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
}

describe("reading a WWW-Authenticate header", () => {
  test.each([
    ['Basic realm="registry"', [["basic", { realm: "registry" }]]],
    [
      'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
      [
        [
          "bearer",
          {
            realm: "https://auth.example/token",
            service: "registry.example",
            scope: "repository:a/b:pull,push",
          },
        ],
      ],
    ],
    [
      'Negotiate, Bearer realm="https://a/t", service=plain , Basic realm="x"',
      [
        ["negotiate", {}],
        ["bearer", { realm: "https://a/t", service: "plain" }],
        ["basic", { realm: "x" }],
      ],
    ],
    ['Basic realm="say \\"hi\\", friend"', [["basic", { realm: 'say "hi", friend' }]]],
    [
      "Negotiate dG9rZW4=, BASIC Realm=x",
      [
        ["negotiate", {}],
        ["basic", { realm: "x" }],
      ],
    ],
    ['Bearer realm = "a" , service = "b"', [["bearer", { realm: "a", service: "b" }]]],
    ['Bearer realm="first",realm="second"', [["bearer", { realm: "first" }]]],
    ['Bearer realm="never closed', [["bearer", { realm: "never closed" }]]],
    ['Bearer realm="ends in \\', [["bearer", { realm: "ends in " }]]],
    [", ,,", []],
    ["", []],
  ])("%s", (text, expected) => {
    expect(plain(text)).toEqual(expected)
  })

  test("never throws or hangs, whatever the header holds", () => {
    const pieces = fc.constantFrom(
      "Bearer",
      "Basic",
      " ",
      ",",
      "=",
      '"',
      "\\",
      "realm",
      "a",
      "\t",
      "\u0000",
      "é",
    )
    const soup = fc.array(pieces, { maxLength: 300 }).map((parts) => parts.join(""))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), soup), (text) => {
        for (const { scheme } of parseChallenges(text)) expect(scheme).not.toBe("")
      }),
    )
  })

  test("gives back every value that was quoted", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (realm, service) => {
        const quote = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`
        const [challenge] = parseChallenges(`Bearer realm=${quote(realm)}, service=${quote(service)}`)
        expect(challenge?.parameters.get("realm")).toBe(realm)
        expect(challenge?.parameters.get("service")).toBe(service)
      }),
    )
  })

  test("reads a very long header in one go", () => {
    const [challenge] = parseChallenges(`Bearer realm="${"\\a".repeat(500_000)}"`)
    expect(challenge?.parameters.get("realm")).toHaveLength(500_000)
    expect(parseChallenges(" ".repeat(500_000))).toEqual([])
    expect(parseChallenges("=".repeat(500_000))).toEqual([])
  })
})
