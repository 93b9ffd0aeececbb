import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { Bundle } from "../../src/bundle/bundle.ts"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import { verifyBlobs } from "../../src/bundle/verify-blobs.ts"
import type { RandomAccess } from "../../src/content/random-access.ts"
import { collect } from "../../src/content/read-document.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"
import { bytesBehindHttp, bytesInParts } from "../support/scattered-bytes.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

async function bundleBytes(): Promise<Buffer> {
  const source = new MemoryContent()
  const path = join(await temporaryFolder(), "release.tar")
  await writeBundleFile(source, await planBundle(source, (await putRelease(source)).descriptor), path)
  return readFile(path)
}

describe.each<[string, (bytes: Uint8Array) => Promise<RandomAccess>]>([
  ["in parts", (bytes) => bytesInParts(bytes, 4099)],
  [
    "on a server",
    async (bytes) => {
      const { source, close } = await bytesBehindHttp(bytes)
      onTestFinished(close)
      return source
    },
  ],
])("a bundle that lies %s", (_, scatter) => {
  const open = async (bytes: Uint8Array) => {
    const bundle = await Bundle.over("the bundle", await scatter(bytes))
    onTestFinished(() => bundle.close())
    return bundle
  }

  test("is opened, verified and read as one in a file is", async () => {
    const bytes = await bundleBytes()
    const bundle = await open(bytes)
    expect((await bundle.resolve("web")).digest).toBe(bundle.plan.services.at(-2)?.image.digest)
    await verifyBlobs(bundle)
    for (const layer of bundle.plan.graph.layers) {
      expect(await collect(bundle.fetch(layer))).toHaveLength(layer.size)
    }
    expect(await bundle.fileDigests(["sha256"])).toEqual([digestOf(bytes)])
  })

  test("names the entry that is damaged, and what is missing of one that is cut off", async () => {
    const bytes = await bundleBytes()
    const { plan } = await open(bytes)
    const layer = plan.files.find(({ size }) => size === 5000)
    if (layer === undefined) throw new Error("the release has no layer")
    const damaged = Buffer.from(bytes)
    damaged[layer.offset + 77] = (damaged[layer.offset + 77] ?? 0) ^ 1
    await expect(verifyBlobs(await open(damaged))).rejects.toMatchObject({
      code: "BUNDLE_DAMAGED",
      problems: [{ entry: layer.name, offset: layer.offset }],
    })
    await expect(open(bytes.subarray(0, layer.offset + 77))).rejects.toMatchObject({
      code: "TRUNCATED",
      message: expect.stringContaining("the bundle is cut off"),
    })
  })
})
