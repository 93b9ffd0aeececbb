import { describe, expect, test } from "vitest"
import type { NewRelease } from "../../src/fleet/release.ts"
import { checkNewRelease } from "../../src/fleet/release-limits.ts"
import { parseVersion } from "../../src/fleet/version.ts"
import { descriptorOf, sampleRelease } from "./sample-release.ts"

const service = (name: string) => ({ name, ...descriptorOf(name) })
const services = (count: number) => Array.from({ length: count }, (_, at) => service(`s${at}`))
/** A JSON object whose canonical text has this many characters. */
const jsonOf = (length: number) => ({ a: "x".repeat(length - 8) })
/** With a fraction of a second that makes it so long. */
const timeOf = (length: number) => `2026-01-01T00:00:00.${"1".repeat(length - 21)}Z`

describe("a release is taken", () => {
  test.each<[string, Partial<NewRelease>]>([
    ["with no service at all", { services: [] }],
    ["with a composition of 1,000,000 characters", { composition: jsonOf(1_000_000) }],
    ["with a contract of 1,000,000 characters", { contract: jsonOf(1_000_000) }],
    ["with a note of 1,000,000 characters", { note: "x".repeat(1_000_000) }],
    [
      "with a tag key of 164 characters and a value of 1000",
      { tags: { ["k".repeat(164)]: "v".repeat(1000) } },
    ],
    ["with a tag that has no value", { tags: { stable: "" } }],
    ["with a service name of 63 characters", { services: [service("s".repeat(63))] }],
    ["with every character that compose allows in a name", { services: [service("_a.B-9")] }],
    ["with a thousand services", { services: services(1000) }],
    ["with two services of one image", { services: [{ ...service("a") }, { ...service("a"), name: "b" }] }],
    ["created at a time of 100 characters", { createdAt: timeOf(100) }],
    ["created in another time zone", { createdAt: "2026-01-01T01:00:00+01:00" }],
  ])("%s", (_, changes) => {
    expect(() => checkNewRelease(sampleRelease("a", changes))).not.toThrow()
  })
})

describe("a release is refused", () => {
  test.each<[string, string, Partial<NewRelease>]>([
    ["the composition has 1000001 characters", "INVALID_RELEASE", { composition: jsonOf(1_000_001) }],
    ["the contract has 1000001 characters", "INVALID_RELEASE", { contract: jsonOf(1_000_001) }],
    ["the note has 1000001 characters", "INVALID_RELEASE", { note: "x".repeat(1_000_001) }],
    ["the note is not plain text", "INVALID_RELEASE", { note: "a\0b" }],
    ["the note is not plain text", "INVALID_RELEASE", { note: "half \ud800" }],
    ["cannot be the key of a tag", "INVALID_RELEASE", { tags: { "": "x" } }],
    ["cannot be the key of a tag", "INVALID_RELEASE", { tags: { "a b": "x" } }],
    ["cannot be the key of a tag", "INVALID_RELEASE", { tags: { "a\u00a0b": "x" } }],
    ["cannot be the key of a tag", "INVALID_RELEASE", { tags: { ["k".repeat(165)]: "x" } }],
    ["which is reserved", "INVALID_RELEASE", { tags: { "io.balena.x": "x" } }],
    ["the key of a tag is not plain text", "INVALID_RELEASE", { tags: { "a\0b": "x" } }],
    ['value of the tag "a" has 1001 characters', "INVALID_RELEASE", { tags: { a: "x".repeat(1001) } }],
    ["cannot be the name of a service", "INVALID_RELEASE", { services: [service("")] }],
    ["cannot be the name of a service", "INVALID_RELEASE", { services: [service("s".repeat(64))] }],
    ["cannot be the name of a service", "INVALID_RELEASE", { services: [service("a/b")] }],
    ["cannot be the name of a service", "INVALID_RELEASE", { services: [service(".web")] }],
    ["cannot be the name of a service", "INVALID_RELEASE", { services: [service("-web")] }],
    ["cannot be the name of a service", "INVALID_RELEASE", { services: [service("__proto__")] }],
    ["the release has 1001 services, and at most 1000", "LIMIT_EXCEEDED", { services: services(1001) }],
    ['two services are named "web"', "INVALID_RELEASE", { services: [service("web"), service("web")] }],
    ["is not a time of creation", "INVALID_RELEASE", { createdAt: "yesterday" }],
    ["is not a time of creation", "INVALID_RELEASE", { createdAt: "2026-13-01T00:00:00Z" }],
    ["is not a time of creation", "INVALID_RELEASE", { createdAt: "2026-01-01" }],
    ["the time of creation has 101 characters", "INVALID_RELEASE", { createdAt: timeOf(101) }],
    ["is not in lower case", "INVALID_RELEASE", { commit: "ABCDEF0" }],
    ["is not a commit", "INVALID_COMMIT", { commit: "main" }],
    ["is not a commit", "INVALID_COMMIT", { commit: "a".repeat(41) }],
    [
      "cannot be a tag",
      "INVALID_VERSION",
      { services: [service("s".repeat(63))], version: parseVersion(`1.0.0-${"x".repeat(60)}`) },
    ],
  ])("%s", (message, code, changes) => {
    expect(() => checkNewRelease(sampleRelease("a", changes))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })

  test("when its composition is no JSON", () => {
    expect(() => checkNewRelease(sampleRelease("a", { composition: { size: 1n } }))).toThrow(
      expect.objectContaining({ code: "INVALID_DOCUMENT" }),
    )
  })
})
