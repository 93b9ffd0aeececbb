import { describe, expect, test } from "vitest"
import type { Descriptor } from "../../src/oci/descriptor.ts"
import { canonicalJson } from "../../src/oci/json.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { parsePlatform } from "../../src/oci/platform.ts"
import { selectPlatform } from "../../src/operations/select-platform.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { put, putImage } from "../support/release.ts"

const content = new MemoryContent()

async function putIndex(...platforms: (string | undefined)[]): Promise<Descriptor[]> {
  const manifests: Descriptor[] = []
  for (const platform of platforms) {
    const image = await putImage(content, `${platform}`, [])
    manifests.push(platform === undefined ? image : { ...image, platform: parsePlatform(platform) })
  }
  const bytes = canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests })
  return [await put(content, MediaType.ociIndex, bytes), ...manifests]
}

function select(image: Descriptor, platform: string): Promise<Descriptor> {
  return selectPlatform(content, image, parsePlatform(platform), "acme/web:1")
}

describe("one platform of an image", () => {
  test("for several is the entry that says so, without what the index says of it", async () => {
    const [index, , arm] = (await putIndex("linux/amd64", "linux/arm64/v8")) as [
      Descriptor,
      Descriptor,
      Descriptor,
    ]
    const { mediaType, digest, size } = arm
    expect(await select(index, "linux/arm64")).toEqual({ mediaType, digest, size })
    expect(await select(index, "linux/aarch64")).toEqual({ mediaType, digest, size })
    expect(await select(index, "linux/arm64/v8")).toEqual({ mediaType, digest, size })
  })

  test("is told from others by its variant", async () => {
    const [index, v6, v7] = (await putIndex("linux/arm/v6", "linux/arm")) as [
      Descriptor,
      Descriptor,
      Descriptor,
    ]
    expect((await select(index, "linux/arm/v6")).digest).toBe(v6.digest)
    expect((await select(index, "linux/arm/v7")).digest).toBe(v7.digest)
  })

  test("for one alone is the image itself", async () => {
    const image = await putImage(content, "amd64", [])
    expect(await select(image, "linux/amd64")).toBe(image)
  })

  test("that is not there is refused, with those that are", async () => {
    const [index] = (await putIndex("linux/amd64", "linux/arm64", undefined)) as [Descriptor]
    await expect(select(index, "linux/riscv64")).rejects.toThrow(
      expect.objectContaining({
        code: "PLATFORM_NOT_FOUND",
        message: "acme/web:1 is not made for linux/riscv64",
        hint: "it is made for linux/amd64, linux/arm64",
      }),
    )
    await expect(select(await putImage(content, "arm64", []), "linux/amd64")).rejects.toThrow(
      expect.objectContaining({ code: "PLATFORM_NOT_FOUND", hint: "it is made for linux/arm64" }),
    )
  })

  test("cannot be told of an artifact without a platform", async () => {
    const config = await put(content, MediaType.ociConfig, canonicalJson({}))
    const bytes = canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [] })
    await expect(select(await put(content, MediaType.ociManifest, bytes), "linux/amd64")).rejects.toThrow(
      expect.objectContaining({ hint: "the image names no platform: leave --platform out" }),
    )
  })
})
