import { describe, expect, test } from "vitest"
import { checkNewDevice, parseDeviceUuid, parseUuidBeginning } from "../../src/fleet/device.ts"
import { sampleDevice } from "./sample-device.ts"

const invalid = expect.objectContaining({ code: "INVALID_DEVICE", hint: expect.any(String) })

describe("the uuid of a device", () => {
  test.each(["0123456789abcdef".repeat(2), "ab".repeat(31)])("is %s", (uuid) => {
    expect(parseDeviceUuid(uuid)).toBe(uuid)
    expect(parseDeviceUuid(uuid.toUpperCase())).toBe(uuid)
  })

  test.each([
    "",
    "0".repeat(31),
    "0".repeat(33),
    "0".repeat(61),
    "g".repeat(32),
    `${"0".repeat(32)}\n`,
    "０".repeat(32),
  ])("is not %j", (text) => {
    expect(() => parseDeviceUuid(text)).toThrow(invalid)
  })

  test("is named by 4 digits of its beginning", () => {
    expect(parseUuidBeginning("ABCD")).toBe("abcd")
    for (const text of ["", "abc", "abc%", "abcg", "a".repeat(63)]) {
      expect(() => parseUuidBeginning(text)).toThrow(invalid)
    }
  })
})

describe("the name of a device", () => {
  test.each(["x", "dock 7", "北京 – 7", "x".repeat(255)])("is %j", (name) => {
    checkNewDevice(sampleDevice(1, { name }))
  })

  test.each([
    ["nothing", "", /0 characters/],
    ["too long", "x".repeat(256), /256 characters/],
    ["with a NUL", "a\0", /not plain text/],
    ["with half a character", "\udc00", /not plain text/],
  ])("is not %s", (_, name, message) => {
    expect(() => checkNewDevice(sampleDevice(1, { name }))).toThrow(message)
  })
})
