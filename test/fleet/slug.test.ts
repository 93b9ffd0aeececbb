import { describe, expect, test } from "vitest"
import { checkNewFleet, parseFleetClass } from "../../src/fleet/fleet.ts"
import { organizationOf, parseFleetSlug } from "../../src/fleet/slug.ts"
import { parseReference } from "../../src/oci/reference.ts"

describe("the slug of a fleet", () => {
  test.each([
    "acme/edge",
    "acme/edge-2",
    "a/edge",
    "acme/edge_node",
    "acme/edge__node",
    "acme/a--b",
    "1/0000",
    `a/${"x".repeat(100)}`,
  ])("may be %s, which is a repository too", (text) => {
    expect(parseFleetSlug(text)).toBe(text)
    expect(parseReference(`127.0.0.1:5000/${text}`).repository).toBe(text)
  })

  test("is read in any case and written in lower case", () => {
    expect(parseFleetSlug("ACME/Edge-Node")).toBe("acme/edge-node")
  })

  test("knows its organization", () => {
    expect(organizationOf("acme/edge")).toBe("acme")
  })

  test.each([
    ["", "one / between"],
    ["edge", "one / between"],
    ["acme/", "one / between"],
    ["/edge", "one / between"],
    ["acme/edge/two", "one / between"],
    ["acme/abc", "3 characters"],
    [`acme/${"x".repeat(101)}`, "101 characters"],
    [`${"x".repeat(101)}/edge`, "101 characters"],
    ["acme/edge-", "repository's name"],
    ["acme/-edge", "repository's name"],
    ["acme/_edge", "repository's name"],
    ["acme/edge_", "repository's name"],
    ["acme/ed___ge", "repository's name"],
    ["acme/ed-_ge", "repository's name"],
    ["acme/ed.ge", "repository's name"],
    ["acme/ed ge", "repository's name"],
    ["acme/édge", "repository's name"],
    ["acme/edge\n", "repository's name"],
    ["ac..me/edge", "repository's name"],
    ["../../etc", "one / between"],
  ])("refuses %j and says why", (text, reason) => {
    expect(() => parseFleetSlug(text)).toThrow(
      expect.objectContaining({
        code: "INVALID_SLUG",
        message: expect.stringContaining(reason),
        hint: expect.any(String),
      }),
    )
  })

  test("in an error is cut to a length that a screen holds", () => {
    expect(() => parseFleetSlug("x".repeat(1_000_000))).toThrow(
      expect.objectContaining({ message: expect.toSatisfy((message: string) => message.length < 400) }),
    )
  })
})

test("a fleet's class is fleet, app or block", () => {
  expect(["fleet", "app", "block"].map(parseFleetClass)).toEqual(["fleet", "app", "block"])
  expect(() => parseFleetClass("Fleet")).toThrow(
    expect.objectContaining({ code: "INVALID_FLEET_CLASS", hint: "a class is one of fleet, app, block" }),
  )
})

describe("a fleet's registry", () => {
  test.each([undefined, "127.0.0.1:5000", "127.0.0.1:5000/site", "registry.example.com/a/b"])(
    "may be %j",
    (registry) => {
      expect(() => checkNewFleet({ slug: "acme/edge", registry })).not.toThrow()
    },
  )

  test.each([
    "",
    "https://registry.example.com",
    "registry.example.com/",
    "host:99999",
    "h/UPPER",
    `h.x/${"x".repeat(250)}`,
  ])("cannot be %j", (registry) => {
    expect(() => checkNewFleet({ slug: "acme/edge", registry })).toThrow(
      expect.objectContaining({ code: "INVALID_REFERENCE" }),
    )
  })
})
