import { rmSync } from "node:fs"
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, test } from "vitest"
import { collect } from "../../src/content/read-document.ts"
import type { TransferEvent } from "../../src/content/transfer-event.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import type { Digest } from "../../src/oci/digest.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { parseManifest } from "../../src/oci/manifest.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { systemClock } from "../../src/system-clock.ts"
import { jsonSample, type Sample, sample, sampleImage } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** A store with an index of two images, and ways to harm it. */
async function openStore() {
  const root = await temporaryFolder()
  const store = await ContentStore.open(root, systemClock)
  const repository = store.repository("acme/edge")
  const one = sampleImage(sample("one"))
  const other = sampleImage(sample("other"))
  const index = jsonSample(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: [one.manifest.descriptor, other.manifest.descriptor],
    },
    MediaType.ociIndex,
  )
  const all = [...one.blobs, ...other.blobs, one.manifest, other.manifest, index]
  const pushAll = async () => {
    for (const { descriptor, body } of all) await repository.push(descriptor, body)
  }
  await pushAll()
  await repository.tag(index.descriptor, "1.0.0")
  const pathOf = (digest: Digest) => join(root, blobPath(digest))
  return {
    root,
    store,
    repository,
    layer: sample("one"),
    manifest: one.manifest,
    index,
    pushAll,
    verify: async () => (await store.verify({ roots: [] })).damaged,
    remove: ({ descriptor }: Sample) => rm(pathOf(descriptor.digest)),
    flip: async ({ descriptor }: Sample) => {
      const bytes = await readFile(pathOf(descriptor.digest))
      bytes[0] = (bytes[0] ?? 0) ^ 1
      await writeFile(pathOf(descriptor.digest), bytes)
    },
  }
}

describe("verifying a store", () => {
  test("says what needs a damaged manifest of an index, and what lies beyond it", async () => {
    const { manifest, layer, flip, remove, verify } = await openStore()
    await flip(manifest)
    await remove(layer)
    const damaged = await verify()
    expect(damaged.map(({ digest, neededBy }) => ({ digest, neededBy }))).toEqual(
      [manifest, layer]
        .map(({ descriptor }) => ({ digest: descriptor.digest, neededBy: ["acme/edge:1.0.0"] }))
        .sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    )
  })

  test.each(["layer", "manifest"] as const)("lets a damaged %s be replaced by an import", async (kind) => {
    const { repository, pushAll, flip, verify, ...content } = await openStore()
    await flip(content[kind])
    expect(await verify()).toHaveLength(1)
    await pushAll()
    expect(await verify()).toEqual([])
    await collect(repository.fetch(content[kind].descriptor))
  })

  test("replaces a damaged manifest by an import that follows at once", async () => {
    const { pushAll, flip, verify, manifest } = await openStore()
    await flip(manifest)
    await pushAll()
    expect(await verify()).toEqual([])
  })

  test("tells those that push to a registry that a damaged blob is not there, and takes it again", async () => {
    const { store, layer, manifest, flip, verify } = await openStore()
    const served = store.served("acme/edge")
    const { digest } = layer.descriptor
    await flip(layer)
    expect(await verify()).toHaveLength(1)
    expect(await served.claimBlob(digest)).toBeUndefined()
    expect(await store.served("acme/other").mountBlob(digest, "acme/edge")).toBe(false)
    const { descriptor, bytes } = manifest
    const pushed = { descriptor, bytes, manifest: parseManifest(bytes, descriptor.mediaType), tags: [] }
    await expect(served.putManifest(pushed)).rejects.toMatchObject({ code: "CONTENT_MISSING" })
    const upload = await served.beginUpload(crypto.randomUUID())
    await upload.append(layer.body(0))
    await upload.commit(digest)
    expect(await verify()).toEqual([])
    expect(await served.claimBlob(digest)).toMatchObject({ size: layer.bytes.length })
    await served.putManifest(pushed)
  })

  test("misses no layer that is kept elsewhere", async () => {
    const { repository, verify } = await openStore()
    const foreign = sample("elsewhere", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
    const { blobs, manifest } = sampleImage(foreign)
    for (const { descriptor, body } of [...blobs.slice(0, 1), manifest])
      await repository.push(descriptor, body)
    await repository.tag(manifest.descriptor, "windows")
    expect(await verify()).toEqual([])
  })

  test("says nothing of what was removed and collected while it ran", async () => {
    const { root, store } = await openStore()
    const catalog = new DatabaseSync(join(root, "catalog.sqlite"))
    const onTransfer = ({ type }: TransferEvent) => {
      if (type !== "planned") return
      catalog.exec("delete from blobs; delete from manifests")
      rmSync(join(root, "blobs"), { recursive: true })
    }
    expect((await store.verify({ roots: [], onTransfer })).damaged).toEqual([])
    catalog.close()
  })

  test("believes a file again that was put right by hand", async () => {
    const { store, layer, flip, verify } = await openStore()
    await flip(layer)
    expect(await verify()).toHaveLength(1)
    await flip(layer)
    expect(await verify()).toEqual([])
    expect(await store.served("acme/edge").findBlob(layer.descriptor.digest)).toBeDefined()
  })

  test("finds by digest what was stored before there was a catalog", async () => {
    const { root, store, index, manifest, layer } = await openStore()
    await store.close()
    for (const name of await readdir(root)) {
      if (name.startsWith("catalog")) await rm(join(root, name))
    }
    const again = await ContentStore.open(root, systemClock)
    const served = again.served("acme/edge")
    expect(await served.findManifest(manifest.descriptor.digest)).toMatchObject(manifest.descriptor)
    expect(await served.reaches(index.descriptor.digest, layer.descriptor.digest)).toBe(true)
    expect(await served.findBlob(layer.descriptor.digest)).toBeDefined()
    expect(await again.served("acme/other").findManifest(manifest.descriptor.digest)).toBeUndefined()
    await again.close()
  })

  test("a manifest whose file is gone is not there for a registry, and can be pushed again", async () => {
    const { store, manifest, remove } = await openStore()
    const served = store.served("acme/edge")
    const { descriptor, bytes } = manifest
    await remove(manifest)
    expect(await served.claimManifest(descriptor.digest)).toBeUndefined()
    await served.putManifest({
      descriptor,
      bytes,
      manifest: parseManifest(bytes, descriptor.mediaType),
      tags: [],
    })
    expect(await served.claimManifest(descriptor.digest)).toMatchObject(descriptor)
  })
})
