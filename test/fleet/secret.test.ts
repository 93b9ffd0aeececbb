import { randomBytes } from "node:crypto"
import { describe, expect, test } from "vitest"
import { redact } from "../../src/errors/redact.ts"
import {
  hashSecret,
  newDeviceKey,
  newTokenSecret,
  parseDeviceKey,
  parseTokenSecret,
} from "../../src/fleet/secret.ts"

describe("a secret", () => {
  test("is its prefix and 32 random bytes in base64url", () => {
    const sizes: number[] = []
    const random = (size: number) => {
      sizes.push(size)
      return new Uint8Array(size).fill(255)
    }
    expect(newDeviceKey(random)).toBe(`wbd_${"_".repeat(42)}8`)
    expect(newTokenSecret(random)).toBe(`wbt_${"_".repeat(42)}8`)
    expect(sizes).toEqual([32, 32])
  })

  test("that was made is one, and no message that leaves the program holds it", () => {
    for (let round = 0; round < 200; round++) {
      const [key, token] = [newDeviceKey(randomBytes), newTokenSecret(randomBytes)]
      expect(parseDeviceKey(key)).toBe(key)
      expect(parseTokenSecret(token)).toBe(token)
      expect(redact(`${key},${token} x=${token}/${key.slice(0, 20)}`)).toBe(
        "wbd_***,wbt_*** x=wbt_***/wbd_***",
      )
    }
  })

  test.each([
    "",
    "wbd_",
    `wbd_${"A".repeat(42)}`,
    `wbd_${"A".repeat(44)}`,
    `wbd_${"A".repeat(42)}=`,
    `wbd_${"A".repeat(42)}+`,
    ` wbd_${"A".repeat(43)}`,
    `wbd_${"A".repeat(43)}\n`,
    `WBD_${"A".repeat(43)}`,
    `wbt_${"A".repeat(43)}`,
    "hunter2",
  ])("is not %j, which no error repeats", (text) => {
    for (const [parse, given] of [
      [parseDeviceKey, text],
      [parseTokenSecret, text.replace(/^wb./, (prefix) => (prefix === "wbd" ? "wbt" : "wbd"))],
    ] as const) {
      expect(() => parse(given)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^INVALID_/) }),
      )
      expect(() => parse(given)).not.toThrow(/AAAA|hunter2/)
    }
  })

  test("is kept as its SHA-256 in hex", () => {
    // NIST, FIPS 180-4, example "abc".
    expect(hashSecret("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  })
})
