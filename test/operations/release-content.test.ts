import { expect, test } from "vitest"
import type { Descriptor } from "../../src/oci/descriptor.ts"
import { canonicalJson } from "../../src/oci/json.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { readReleaseContent } from "../../src/operations/release-content.ts"
import type { SuccessfulRelease } from "../../src/operations/successful-release.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { put, putImage } from "../support/release.ts"

/** Reads a release of services that all have one image. */
async function read(content: MemoryContent, image: Descriptor, count: number) {
  const services = Array.from({ length: count }, (_, at) => ({ name: `s${at}`, ...image }))
  const manifests = [image]
  const index = await put(
    content,
    MediaType.ociIndex,
    canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }),
  )
  const release = { fleet: "acme/edge", index, services } as unknown as SuccessfulRelease
  return readReleaseContent(
    { fleets: { getFleet: async () => ({}) } as never, contentOf: async () => content as never },
    release,
  )
}

async function indexOf(content: MemoryContent, manifests: readonly Descriptor[]): Promise<Descriptor> {
  return put(
    content,
    MediaType.ociIndex,
    canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests }),
  )
}

test("indexes that name one another many times are gone through once", async () => {
  const content = new MemoryContent()
  let image = await putImage(content, "amd64", [])
  for (let level = 0; level < 14; level++) image = await indexOf(content, [image, image, image])
  const { services } = await read(content, image, 1)
  expect(services.map(({ platforms }) => platforms.length)).toEqual([1])
})

test("an image of very many layers that very many services share is refused, and not multiplied", async () => {
  const content = new MemoryContent()
  const layer = await put(content, MediaType.ociLayer, new Uint8Array([1]))
  const image = await putImage(
    content,
    "amd64",
    Array.from({ length: 1000 }, () => layer),
  )
  expect((await read(content, image, 100)).layers).toHaveLength(1)
  await expect(read(content, image, 1000)).rejects.toMatchObject({
    code: "LIMIT_EXCEEDED",
    message: expect.stringContaining("200000 layers"),
  })
})

test("what neither an index nor a configuration says of a platform is not made up", async () => {
  const content = new MemoryContent()
  const config = await put(content, "application/vnd.example+json", Buffer.from("{}"))
  const image = await put(
    content,
    MediaType.ociManifest,
    canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers: [] }),
  )
  const { services } = await read(content, image, 1)
  expect(services[0]?.platforms).toMatchObject([{ platform: null, layers: [] }])
})
