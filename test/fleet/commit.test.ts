import { describe, expect, test } from "vitest"
import { isCommit, matchCommit, parseCommit } from "../../src/fleet/commit.ts"

const FULL = "0123456789abcdef0123456789abcdef01234567"

describe("a commit", () => {
  test("has one spelling, in lower case", () => {
    expect(parseCommit(FULL.toUpperCase())).toBe(FULL)
  })

  test.each(["0123456", FULL])("may have 7 to 40 digits: %s", (text) => {
    expect(parseCommit(text)).toBe(text)
    expect(isCommit(text)).toBe(true)
  })

  test.each(["", "012345", `${FULL}8`, "acme/edge", "0x12345678", "0123456\n", "０１２３４５６", "-1234567"])(
    "cannot be %j",
    (text) => {
      expect(isCommit(text)).toBe(false)
      expect(() => parseCommit(text)).toThrow(
        expect.objectContaining({
          code: "INVALID_COMMIT",
          hint: "a commit, or the beginning of one, is 7 to 40 hex digits",
        }),
      )
    },
  )
})

describe("what a commit names", () => {
  const releases = ["abcdef0", "abcdef01", "abcdef02", "1234567"].map((commit) => ({ commit }))

  test("is all that begins with it", () => {
    expect(matchCommit("abcdef", releases).map((release) => release.commit)).toEqual([
      "abcdef0",
      "abcdef01",
      "abcdef02",
    ])
    expect(matchCommit("fffffff", releases)).toEqual([])
  })

  test("is the exact one alone where there is one, which could not be named otherwise", () => {
    expect(matchCommit("abcdef0", releases)).toEqual([{ commit: "abcdef0" }])
  })
})
