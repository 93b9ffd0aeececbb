import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  exactVersion,
  isOlderVersion,
  parseVersion,
  parseVersionName,
  printVersion,
  type ReleaseVersion,
  rawVersion,
  revisionKey,
  tagOfService,
  tagOfVersion,
} from "../../src/fleet/version.ts"
import { isTag } from "../../src/oci/reference.ts"

const CREATED = "2026-01-01T00:00:00.000Z"
const CREATED_MS = Date.parse(CREATED)

const zero = { major: 0, minor: 0, patch: 0, prerelease: "", build: "", variant: "" }

describe("reading a version", () => {
  test.each([
    [undefined, zero],
    ["0.0.0", zero],
    ["1.2.3", { ...zero, major: 1, minor: 2, patch: 3 }],
    ["v3.0.0", { ...zero, major: 3 }],
    ["2.0.0-beta.1+abc", { ...zero, major: 2, prerelease: "beta.1", build: "abc" }],
    ["1.0.0+rev0", { ...zero, major: 1, requestedRevision: 0 }],
    ["1.0.0+rev1", { ...zero, major: 1, requestedRevision: 1 }],
    ["1.0.0+abc.rev12", { ...zero, major: 1, build: "abc", requestedRevision: 12 }],
    ["1.0.0+revision", { ...zero, major: 1, build: "revision" }],
    ["1.0.0-rev1", { ...zero, major: 1, prerelease: "rev1" }],
    ["9007199254740991.0.0", { ...zero, major: Number.MAX_SAFE_INTEGER }],
    ["1.0.0-9007199254740991", { ...zero, major: 1, prerelease: "9007199254740991" }],
    ["1.0.0+001", { ...zero, major: 1, build: "001" }],
  ])("%j is understood", (text, version) => {
    expect(parseVersion(text)).toEqual(version)
  })

  test("keeps the variant beside it", () => {
    expect(parseVersion("1.0.0", "prod")).toEqual({ ...zero, major: 1, variant: "prod" })
  })

  test.each([
    "",
    " ",
    "1",
    "1.2",
    "1.2.3.4",
    "V1.2.3",
    "=1.2.3",
    " 1.2.3",
    "1.2.3\n",
    "01.2.3",
    "1.02.3",
    "1.2.03",
    "1.2.3-01",
    "1.2.3-",
    "1.2.3+",
    "1.2.3-a..b",
    "1.2.3-ä",
    "1.2.3+a_b",
    "-1.2.3",
    "1e3.0.0",
    "9007199254740992.0.0",
    "1.2.99999999999999999999999",
    "1.2.3-99999999999999999999999",
    "1.2.3+rev01",
    "1.2.3+rev99999999999999999999999",
    "1.2.3+rev1.prod",
    "1.2.3+rev1.rev2",
    "latest",
    "../1.2.3",
    `1.2.3-${"x".repeat(100)}`,
    "1".repeat(1_000_000),
  ])("%j is refused", (text) => {
    expect(() => parseVersion(text)).toThrow(
      expect.objectContaining({
        code: "INVALID_VERSION",
        message: expect.toSatisfy((message: string) => message.length < 300),
        hint: expect.stringContaining("major.minor.patch"),
      }),
    )
  })

  test.each(["a b", "a_b", "rev1", "x.rev1", ".", "a.", "x".repeat(100)])(
    "the variant %j is refused",
    (variant) => {
      expect(() => parseVersion("1.0.0", variant)).toThrow(
        expect.objectContaining({ code: "INVALID_VERSION" }),
      )
    },
  )
})

describe("the raw version of a release", () => {
  const raw = (text: string, revision: number | null, variant?: string) =>
    rawVersion({ version: parseVersion(text, variant), revision, createdAt: CREATED })

  test.each([
    ["1.0.0", 0, "", "1.0.0"],
    ["1.0.0", 1, "", "1.0.0+rev1"],
    ["2.0.0-beta.1+abc", 0, "", "2.0.0-beta.1+abc"],
    ["2.0.0-beta.1+abc", 1, "", "2.0.0-beta.1+abc.rev1"],
    ["1.0.0", 0, "prod", "1.0.0+prod"],
    ["1.0.0", 2, "prod", "1.0.0+rev2.prod"],
    ["1.0.0+abc", 2, "prod", "1.0.0+abc.rev2.prod"],
  ])("%s with revision %s and variant %j", (text, revision, variant, expected) => {
    expect(raw(text, revision, variant)).toBe(expected)
  })

  test("of a draft is its core and when it was created, in milliseconds", () => {
    expect(raw("1.2.3", null)).toBe(`1.2.3-${CREATED_MS}`)
    expect(raw("1.2.3+abc", null, "prod")).toBe(`1.2.3-${CREATED_MS}`)
  })

  test("of a draft keeps the prerelease before the time", () => {
    expect(raw("1.2.3-beta.1", null)).toBe(`1.2.3-beta.1.${CREATED_MS}`)
  })

  test("is typed with or without a v, and names all of its revisions or one", () => {
    const any = { major: 1, minor: 2, patch: 3, prerelease: "", build: "", raw: "1.2.3", revision: null }
    expect(["v1.2.3", "1.2.3"].map(parseVersionName)).toEqual([any, any])
    expect(parseVersionName("v1.2.3+rev1")).toEqual({ raw: "1.2.3+rev1", revision: 1 })
    expect(parseVersionName("1.2.3+rev0")).toEqual({ raw: "1.2.3", revision: 0 })
    expect(parseVersionName("1.2.3+a.rev0.prod")).toEqual({ raw: "1.2.3+a.prod", revision: 0 })
    expect(["vast", "1.2", "", " 1.2.3"].map(parseVersionName)).toEqual(Array(4).fill(undefined))
  })

  test("that is exact tells the first revision, which is not printed, from all of them", () => {
    const exact = (text: string, revision: number | null, variant = "") =>
      exactVersion({ version: parseVersion(text, variant), revision, createdAt: CREATED })
    expect(exact("1.2.3", 0)).toBe("1.2.3+rev0")
    expect(exact("1.2.3+abc", 0, "prod")).toBe("1.2.3+abc.rev0.prod")
    expect(exact("1.2.3", 2)).toBe("1.2.3+rev2")
    expect(exact("1.2.3", null)).toBe(`1.2.3-${CREATED_MS}`)
  })
})

const number = fc.oneof(fc.nat(20), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }))
const identifier = fc
  .stringMatching(/^[0-9A-Za-z-]{1,8}$/)
  .filter((text) => !/^0[0-9]+$/.test(text) && !/^rev[0-9]+$/.test(text))
const identifiers = fc.array(identifier, { maxLength: 3 }).map((parts) => parts.join("."))
const version: fc.Arbitrary<ReleaseVersion> = fc.record({
  major: number,
  minor: number,
  patch: number,
  prerelease: identifiers,
  build: identifiers,
  variant: fc.constant(""),
})

describe("versions in general", () => {
  test("are the same after printing and reading, with the revision kept apart", () => {
    fc.assert(
      fc.property(version, fc.nat(), (given, revision) => {
        fc.pre(printVersion(given, revision).length <= 100)
        const { requestedRevision = 0, ...read } = parseVersion(printVersion(given, revision))
        expect(read).toEqual(given)
        expect(requestedRevision).toBe(revision)
      }),
    )
  })

  test("of one key differ in their build metadata alone", () => {
    fc.assert(
      fc.property(version, identifiers, identifiers, (given, build, other) => {
        expect(revisionKey({ ...given, build })).toEqual(revisionKey({ ...given, build: other }))
        expect({ ...revisionKey(given), build: given.build }).toEqual(given)
      }),
    )
  })

  test("make tags that a registry takes, and different versions different tags", () => {
    fc.assert(
      fc.property(version, version, fc.option(fc.nat()), (one, two, revision) => {
        const raw = rawVersion({ version: one, revision, createdAt: CREATED })
        const other = rawVersion({ version: two, revision, createdAt: CREATED })
        expect(isTag(tagOfVersion(raw))).toBe(true)
        expect(tagOfVersion(raw) === tagOfVersion(other)).toBe(raw === other)
      }),
    )
  })

  test("that are not versions are refused with our own error, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          parseVersion(text)
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_VERSION" })
        }
      }),
    )
  })
})

describe("tags", () => {
  test("hold an underscore where a version has a plus", () => {
    expect(tagOfVersion("1.0.0+abc.rev1")).toBe("1.0.0_abc.rev1")
    expect(tagOfService("web", "1.0.0+rev1")).toBe("web-1.0.0_rev1")
  })

  test.each([
    [".web", "1.0.0"],
    ["-web", "1.0.0"],
    ["x".repeat(63), `1.0.0-${"y".repeat(90)}`],
    ["a/b", "1.0.0"],
  ])("are refused where a registry would refuse them: %s-%s", (service, raw) => {
    expect(() => tagOfService(service, raw)).toThrow(
      expect.objectContaining({ code: "INVALID_VERSION", hint: expect.stringContaining("128") }),
    )
  })
})

test.each([
  ["1.0.0", "1.3.0", true],
  ["1.2.3-beta.1", "1.2.3", true],
  ["1.2.3+rev9", "1.2.3+rev10", true],
  ["1.2.3", "1.2.3+rev1", true],
  ["1.2.3+a.rev2.prod", "1.2.3+a.rev10.prod", true],
  ["1.2.3+linux", "1.2.3+macos", false],
  ["1.2.3+linux", "1.2.3+macos.rev1", false],
  ["1.2.3-rev1", "1.2.3-rev1+rev1", true],
])("that %s is older than %s is %s, and never the other way round", (one, other, isOlder) => {
  expect(isOlderVersion(one, other)).toBe(isOlder)
  expect(isOlderVersion(other, one)).toBe(false)
  expect(isOlderVersion(one, one)).toBe(false)
})
