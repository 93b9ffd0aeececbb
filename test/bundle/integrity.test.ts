import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { BundleError } from "../../src/bundle/bundle-error.ts"
import {
  digestOfHex,
  ExpectedIntegrity,
  type FileDigest,
  hashOf,
  type IntegrityAlgorithm,
  printIntegrity,
} from "../../src/bundle/integrity.ts"

const ALGORITHMS = ["sha256", "sha384", "sha512"] as const

/** The integrity of bytes, as openssl makes it: `openssl dgst -sha512 -binary | base64`. */
const sri = (algorithm: string, bytes: string) =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`
const digest = (algorithm: IntegrityAlgorithm, bytes: string): FileDigest =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`

/** Checks bytes as an operation does: with the algorithms that are asked for alone. */
function check(integrity: string | readonly string[], bytes: string): void {
  const expected = new ExpectedIntegrity(integrity)
  expected.check(
    expected.algorithms.map((algorithm) => digest(algorithm, bytes)),
    "release.tar",
  )
}

test("integrity is the digest in base64, and says the digest again", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ALGORITHMS), fc.string(), (algorithm, bytes) => {
      const made = digest(algorithm, bytes)
      const printed = printIntegrity([digest("sha256", "another"), made])
      expect(printed).toBe(`${sri("sha256", "another")} ${sri(algorithm, bytes)}`)
      const first = algorithm === "sha256" ? "another" : bytes
      const hex = createHash(algorithm).update(first).digest("hex")
      expect(hashOf(printed, algorithm)).toEqual({ integrity: sri(algorithm, first), hex })
      expect(digestOfHex(hex.toUpperCase())).toBe(digest(algorithm, first))
    }),
  )
  expect(hashOf(sri("sha256", "a"), "sha512")).toBeUndefined()
  expect(digestOfHex("abc")).toBeUndefined()
})

describe("a file is what is wanted", () => {
  test.each([
    ["by one hash", sri("sha512", "bytes")],
    ["by one of several hashes of one algorithm", `${sri("sha384", "other")} ${sri("sha384", "bytes")}`],
    [
      "by the strongest algorithm, whatever the weaker say",
      `${sri("sha256", "other")} ${sri("sha512", "bytes")}`,
    ],
    [
      "also where hashes stand beside that SRI does not know",
      `md5-abc sha3_512-def= ${sri("sha256", "bytes")}`,
    ],
    ["with spaces, lines and options", `\n ${sri("sha256", "bytes")}?type=tar\t`],
  ])("%s", (_, integrity) => {
    check(integrity, "bytes")
    expect(failure(() => check(integrity, "bytes more"))).toMatchObject({ code: "INTEGRITY_MISMATCH" })
  })

  test("only if each of several strings fits", () => {
    check([sri("sha256", "bytes"), sri("sha512", "bytes")], "bytes")
    const error = failure(() => check([sri("sha512", "bytes"), sri("sha256", "other")], "bytes"))
    expect(error).toMatchObject({
      code: "INTEGRITY_MISMATCH",
      message: `release.tar is not the file that is wanted: its integrity is ${sri("sha256", "bytes")}, not ${sri("sha256", "other")}`,
    })
  })

  test("not by a weaker hash that fits, where the strongest does not", () => {
    const integrity = `${sri("sha256", "bytes")} ${sri("sha512", "other")}`
    expect(failure(() => check(integrity, "bytes"))).toMatchObject({
      code: "INTEGRITY_MISMATCH",
      message: expect.stringContaining(sri("sha512", "other")),
    })
  })
})

test("without anything that is wanted nothing is hashed, and every file fits", () => {
  expect(new ExpectedIntegrity().algorithms).toEqual([])
  new ExpectedIntegrity([]).check([], "release.tar")
})

describe("refused as integrity, where others would pass it over and check less", () => {
  const whole = sri("sha512", "bytes")
  test.each([
    ["nothing", "", "has no hash"],
    ["spaces", " \n", "has no hash"],
    [
      "no hash that SRI knows",
      "md5-1B2M2Y8AsgTpgAmY7PhCfg== sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
      "has no hash",
    ],
    ["a digest in hex", `sha256-${createHash("sha256").update("").digest("hex")}`, "is no hash"],
    ["a digest of OCI", `sha256:${createHash("sha256").update("").digest("hex")}`, "is no hash"],
    ["a hash that is cut off", `${sri("sha256", "bytes")} ${whole.slice(0, -4)}`, "is no hash"],
    ["a digest of another length", whole.replace("sha512", "sha384"), "is no hash"],
    ["a hash without its digest", `sha512- ${sri("sha256", "bytes")}`, "is no hash"],
    ["base64 with bits behind the end", sri("sha256", "bytes").replace(/.=$/, "/="), "is no hash"],
    ["base64 of addresses", sri("sha512", "a").replaceAll("+", "-").replaceAll("/", "_"), "is no hash"],
    ["base64 without its end", whole.replaceAll("=", ""), "is no hash"],
    ["a word that is none", `${whole} and more`, "is no hash"],
  ])("%s", (_, integrity, words) => {
    const error = failure(() => new ExpectedIntegrity(integrity))
    expect(error).toBeInstanceOf(BundleError)
    expect(error).toMatchObject({ code: "INVALID_INTEGRITY", message: expect.stringContaining(words) })
  })
})

function failure(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error("it did not fail")
}
