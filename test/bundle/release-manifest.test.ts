import { describe, expect, test } from "vitest"
import { parseReleaseManifest, printReleaseManifest } from "../../src/bundle/release-manifest.ts"

const manifest = {
  commit: "abcdef0",
  semver: "1.2.3",
  createdAt: "2026-01-01T00:00:00Z",
  composition: {},
  tags: {},
  services: {},
}

function parse(changes: Record<string, unknown>) {
  return parseReleaseManifest(new TextEncoder().encode(JSON.stringify({ ...manifest, ...changes })))
}

describe("the version in a release manifest", () => {
  test.each([
    "0.0.0",
    "1.2.3",
    "2.0.0-beta.1+abc.def",
    "1.2.3-rev1",
    "1.2.3+review",
    "1.2.3+rev",
    "1.2.3+rev1a",
  ])("is %s", (semver) => {
    expect(parse({ semver }).semver).toBe(semver)
  })

  test.each(["1.2.3+rev1", "1.2.3+rev0", "1.2.3+abc.rev12", "1.2.3+rev1.prod", "2.0.0-beta.1+abc.rev1.prod"])(
    "carries no revision, as %s does: a fleet assigns that",
    (semver) => {
      const refusal = expect.objectContaining({
        code: "INVALID_DOCUMENT",
        message: expect.stringContaining("a version with a revision"),
      })
      expect(() => parse({ semver })).toThrow(refusal)
      expect(() => printReleaseManifest({ ...manifest, semver })).toThrow(refusal)
    },
  )

  test.each(["", "1.2", "v1.2.3", "1.2.3 ", "01.2.3", "1.2.3+", "1.2.3+a+rev1"])("is not %j", (semver) => {
    expect(() => parse({ semver })).toThrow(expect.objectContaining({ code: "INVALID_DOCUMENT" }))
  })
})

describe("a key named __proto__ in a release manifest", () => {
  const text = '{"__proto__":"kept"}'
  const of = (changes: string) => JSON.stringify(manifest).replace(/"(composition|tags)":{}/g, changes)

  test("is one like all others among the tags and in the composition", () => {
    const { tags, composition } = parseReleaseManifest(new TextEncoder().encode(of(`"$1":${text}`)))
    expect(JSON.stringify(tags)).toBe(text)
    expect(JSON.stringify(composition)).toBe(text)
    expect(Object.getPrototypeOf(composition)).toBe(Object.prototype)
  })

  test("is no service", () => {
    const services = `"services":{"__proto__":{"image":"sha256:${"0".repeat(64)}"}}`
    const bytes = new TextEncoder().encode(JSON.stringify(manifest).replace('"services":{}', services))
    expect(() => parseReleaseManifest(bytes)).toThrow(
      expect.objectContaining({
        code: "INVALID_DOCUMENT",
        message: "the release manifest is not valid: services.__proto__: not a service name",
      }),
    )
  })
})
