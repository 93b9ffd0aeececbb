import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { digestAlgorithm, digestHex, digestOf, isDigest, parseDigest } from "../../src/oci/digest.ts"

const HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

describe("a digest", () => {
  test.for([`sha256:${HEX}`, `sha512:${HEX}${HEX}`])("is read: %s", (text) => {
    expect(parseDigest(text)).toBe(text)
    expect(`${digestAlgorithm(parseDigest(text))}:${digestHex(parseDigest(text))}`).toBe(text)
  })

  test.for([
    ["nothing", ""],
    ["an algorithm alone", "sha256"],
    ["no hex", "sha256:"],
    ["no algorithm", `:${HEX}`],
    ["bare hex", HEX],
    ["upper case", `sha256:${HEX.toUpperCase()}`],
    ["one digit too few", `sha256:${HEX.slice(1)}`],
    ["one digit too many", `sha256:${HEX}0`],
    ["a digit that is none", `sha256:${HEX.slice(1)}g`],
    ["a sha512 of the length of a sha256", `sha512:${HEX}`],
    ["another algorithm", `sha1:${HEX.slice(0, 40)}`],
    ["a weak one", `md5:${HEX.slice(0, 32)}`],
    ["a name of every object", `constructor:${HEX}`],
    ["the prototype", `__proto__:${HEX}`],
    ["a line end behind it", `sha256:${HEX}\n`],
    ["a second colon", `sha256:${HEX}:`],
    ["a way out of the folder", `sha256:../../${HEX.slice(6)}`],
  ])("is not made of %s", ([, text = ""]) => {
    expect(isDigest(text)).toBe(false)
    expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: "INVALID_DIGEST" }))
  })

  test("that is none is named, however long it is, with what one looks like", () => {
    expect(() => parseDigest("sha1:abc")).toThrow(
      expect.objectContaining({
        message: '"sha1:abc" is not a digest',
        hint: "a digest is sha256: with 64 or sha512: with 128 hex digits in lower case",
      }),
    )
    expect(() => parseDigest("a".repeat(1_000_000))).toThrow(
      expect.objectContaining({ message: `"${"a".repeat(160)}" is not a digest` }),
    )
  })

  test("of bytes is what everybody computes", () => {
    expect(digestOf(new Uint8Array(0))).toBe(`sha256:${HEX}`)
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom("sha256", "sha512"), (bytes, algorithm) => {
        const digest = digestOf(bytes, algorithm)
        expect(isDigest(digest)).toBe(true)
        expect(digest).toBe(`${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`)
      }),
    )
  })
})
