import { describe, expect, test } from "vitest"
import { type Platform, parsePlatform, platformMatches, printPlatform } from "../../src/oci/platform.ts"

describe("a platform", () => {
  test.for<[string, Platform]>([
    ["linux/amd64", { os: "linux", architecture: "amd64" }],
    ["linux/arm64/v8", { os: "linux", architecture: "arm64", variant: "v8" }],
    ["linux/arm/v7", { os: "linux", architecture: "arm", variant: "v7" }],
    ["Linux/AMD64", { os: "linux", architecture: "amd64" }],
    ["linux/x86_64", { os: "linux", architecture: "amd64" }],
    ["linux/x86-64", { os: "linux", architecture: "amd64" }],
    ["linux/aarch64", { os: "linux", architecture: "arm64" }],
    ["windows/amd64", { os: "windows", architecture: "amd64" }],
  ])("is read: %s", ([text, platform]) => {
    expect(parsePlatform(text)).toStrictEqual(platform)
    expect(parsePlatform(printPlatform(platform))).toEqual(platform)
  })

  test.for([
    "",
    "linux",
    "linux/",
    "/amd64",
    "linux/amd64/",
    "linux/arm/v7/x",
    "linux amd64",
    "linux/amd64\n",
  ])('is not made of "%s"', (text) => {
    expect(() => parsePlatform(text)).toThrow(
      expect.objectContaining({
        code: "INVALID_PLATFORM",
        message: `"${text}" is not a platform`,
        hint: "a platform is os/architecture or os/architecture/variant, as in linux/arm64",
      }),
    )
  })

  test.for<[wanted: string, offered: string, matches: boolean]>([
    ["linux/amd64", "linux/amd64", true],
    ["linux/amd64", "linux/arm64", false],
    ["linux/amd64", "windows/amd64", false],
    ["linux/arm64", "linux/arm64/v8", true],
    ["linux/arm64/v8", "linux/arm64", true],
    ["linux/arm64/v9", "linux/arm64", false],
    ["linux/arm", "linux/arm/v6", true],
    ["linux/arm/v7", "linux/arm", true],
    ["linux/arm/v7", "linux/arm/v6", false],
    ["linux/amd64/v2", "linux/amd64", false],
  ])("wanted as %s and offered as %s fits: %s", ([wanted, offered, matches]) => {
    expect(platformMatches(parsePlatform(wanted), parsePlatform(offered))).toBe(matches)
  })
})
