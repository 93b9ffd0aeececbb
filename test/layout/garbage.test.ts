import { randomUUID } from "node:crypto"
import { readdir, rm, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { collect } from "../../src/content/read-document.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import type { LayoutRepository } from "../../src/layout/layout-repository.ts"
import { digestHex } from "../../src/oci/digest.ts"
import { parseManifest } from "../../src/oci/manifest.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { systemClock } from "../../src/system-clock.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import {
  jsonSample,
  type Sample,
  type SampleImage,
  sample,
  sampleImage,
} from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const HOUR = 60 * 60 * 1000
const none = async () => []
const base = sample("the layer that all share")

/** A store with a clock of its own, and what is in its folder of blobs. */
async function openStore() {
  const root = await temporaryFolder()
  let now = Date.now()
  const store = await ContentStore.open(root, { now: () => now })
  return {
    root,
    store,
    repository: store.repository("acme/edge"),
    pass: (time: number) => {
      now += time
    },
    collect: (grace = HOUR) => store.collectGarbage({ findRoots: none, grace }),
    blobs: async () => (await readdir(join(root, "blobs", "sha256"))).sort(),
  }
}

async function push(
  repository: LayoutRepository,
  { blobs, manifest }: SampleImage,
  tag?: string,
): Promise<void> {
  for (const { descriptor, body } of [...blobs, manifest]) await repository.push(descriptor, body)
  if (tag !== undefined) await repository.tag(manifest.descriptor, tag)
}

const hexOf = (...samples: Sample[]) => samples.map(({ descriptor }) => digestHex(descriptor.digest)).sort()
const partsOf = ({ blobs, manifest }: SampleImage) => [...blobs, manifest]

describe("collecting garbage", () => {
  test("frees what lost its tag, and keeps what another image shares with it", async () => {
    const { repository, pass, collect, blobs } = await openStore()
    const old = sampleImage(base, sample("old"))
    const current = sampleImage(base, sample("current"))
    await push(repository, old, "1.0.0")
    await push(repository, current, "2.0.0")
    pass(2 * HOUR)
    expect((await collect()).removed).toEqual([])
    await repository.untag(new Map([["1.0.0", old.manifest.descriptor]]))
    const { removed } = await collect()
    const gone = [old.manifest, sample("old")]
    expect(removed.map(({ digest }) => digestHex(digest)).sort()).toEqual(hexOf(...gone))
    expect(removed.reduce((sum, { size }) => sum + size, 0)).toBe(
      gone.reduce((sum, { bytes }) => sum + bytes.length, 0),
    )
    expect(await blobs()).toEqual(hexOf(...new Set(partsOf(current))))
  })

  test("keeps what was pushed lately, and says how much that is", async () => {
    const { repository, pass, collect, blobs } = await openStore()
    const image = sampleImage(base)
    await push(repository, image)
    const before = await blobs()
    expect(await collect()).toMatchObject({ removed: [], kept: { count: 3 } })
    expect(await blobs()).toEqual(before)
    pass(HOUR + 1)
    expect(await collect()).toMatchObject({ kept: { count: 0, size: 0 } })
    expect(await blobs()).toEqual([])
  })

  test("keeps what a long push began with, as long as it goes on", async () => {
    const { repository, pass, collect, blobs } = await openStore()
    const first = sample("first")
    await repository.push(first.descriptor, first.body)
    for (const content of ["second", "third", "fourth"]) {
      pass(HOUR / 2)
      const next = sample(content)
      await repository.push(next.descriptor, next.body)
    }
    await collect()
    expect(await blobs()).toContain(digestHex(first.descriptor.digest))
  })

  test("keeps what a root needs that has no tag, and what refers to it", async () => {
    const { store, repository, pass, blobs } = await openStore()
    const image = sampleImage(base)
    await push(repository, image)
    const signature = jsonSample(
      {
        schemaVersion: 2,
        mediaType: MediaType.ociManifest,
        artifactType: "application/vnd.example.signature",
        config: image.blobs[0]?.descriptor,
        layers: [],
        subject: image.manifest.descriptor,
      },
      MediaType.ociManifest,
    )
    await repository.push(signature.descriptor, signature.body)
    pass(48 * HOUR)
    const roots = [{ name: "release 1.0.0", repository: "acme/edge", descriptor: image.manifest.descriptor }]
    await store.collectGarbage({ findRoots: async () => roots, grace: HOUR })
    expect(await blobs()).toEqual(hexOf(...partsOf(image), signature))
    await store.collectGarbage({ findRoots: none, grace: HOUR })
    expect(await blobs()).toEqual([])
  })

  test("keeps the images of an index", async () => {
    const { repository, pass, collect, blobs } = await openStore()
    const image = sampleImage(base)
    const index = jsonSample(
      { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [image.manifest.descriptor] },
      MediaType.ociIndex,
    )
    await push(repository, image)
    await repository.push(index.descriptor, index.body)
    await repository.tag(index.descriptor, "1.0.0")
    pass(48 * HOUR)
    await collect()
    expect(await blobs()).toEqual(hexOf(...partsOf(image), index))
  })

  test("says what it would free, and frees nothing", async () => {
    const { store, repository, pass, collect, blobs } = await openStore()
    await push(repository, sampleImage(base))
    pass(2 * HOUR)
    const before = await blobs()
    const planned = await store.collectGarbage({ findRoots: none, grace: HOUR, dryRun: true })
    expect(await blobs()).toEqual(before)
    expect(planned.removed).toHaveLength(3)
    expect((await collect()).removed).toEqual(planned.removed)
  })

  test("keeps what another tool has put into the layout with a name", async () => {
    const { root, store, repository, blobs } = await openStore()
    const image = sampleImage(base)
    await push(repository, image, "1.0.0")
    await store.close()
    // As if no Waybill had ever been here.
    for (const name of await readdir(root)) {
      if (name.startsWith("catalog")) await rm(join(root, name))
    }
    const index = { schemaVersion: 2, manifests: [{ ...image.manifest.descriptor, annotations: {} }] }
    await writeFile(join(root, "index.json"), JSON.stringify(index))
    const before = await blobs()
    const again = await ContentStore.open(root, { now: () => Date.now() + 100 * HOUR })
    await again.collectGarbage({ findRoots: none, grace: 0 })
    expect(await blobs()).toEqual(before)
    await writeFile(join(root, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [] }))
    await again.collectGarbage({ findRoots: none, grace: 0 })
    expect(await blobs()).toEqual([])
  })

  test("says what it would free where only the index tells what is there", async () => {
    const { root, store, repository, blobs } = await openStore()
    await push(repository, sampleImage(base), "1.0.0")
    await store.close()
    for (const name of await readdir(root)) {
      if (name.startsWith("catalog")) await rm(join(root, name))
    }
    const again = await ContentStore.open(root, systemClock)
    const planned = await again.collectGarbage({ findRoots: none, grace: 0, dryRun: true })
    expect(planned).toMatchObject({ removed: [], kept: { count: 0 } })
    expect(await blobs()).toHaveLength(3)
    await again.close()
  })

  test("keeps content of any other kind that has a name in the layout", async () => {
    const { root, pass, collect, blobs } = await openStore()
    const { descriptor, bytes } = sample("a document", "application/vnd.example.document")
    const path = join(root, "blobs", "sha256", digestHex(descriptor.digest))
    await writeFile(path, bytes)
    await utimes(path, new Date(0), new Date(0))
    await writeFile(join(root, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }))
    pass(48 * HOUR)
    expect((await collect(0)).removed).toEqual([])
    expect(await blobs()).toEqual([digestHex(descriptor.digest)])
  })

  test("keeps what an import began with while one large blob of it takes long", async () => {
    const { repository, pass, collect, blobs } = await openStore()
    const first = sample("first")
    await repository.push(first.descriptor, first.body)
    const large = sample("a part and another")
    await repository.push(large.descriptor, async function* () {
      yield large.bytes.subarray(0, 6)
      pass(HOUR * 0.9)
      yield large.bytes.subarray(6, 9)
      pass(HOUR * 0.9)
      yield large.bytes.subarray(9)
      await collect()
    })
    expect(await blobs()).toEqual(hexOf(first, large))
  })

  test("frees blobs that nobody knows of, once they are old", async () => {
    const { root, collect, blobs } = await openStore()
    const { descriptor, bytes } = sample("left by a power cut")
    const path = join(root, "blobs", "sha256", digestHex(descriptor.digest))
    await writeFile(path, bytes)
    await collect()
    expect(await blobs()).toHaveLength(1)
    await utimes(path, new Date(0), new Date(0))
    expect((await collect()).removed).toEqual([{ digest: descriptor.digest, size: bytes.length }])
    expect(await blobs()).toEqual([])
  })

  test("frees uploads that nobody goes on with, and no others", async () => {
    const { root, store, pass, collect } = await openStore()
    const served = store.served("acme/edge")
    const upload = await served.beginUpload(randomUUID())
    await upload.append(sample("half of it").body(0))
    await collect(0)
    expect((await served.findUpload(upload.id))?.size).toBe(10)
    pass(25 * HOUR)
    await utimes(join(root, "uploads", upload.id), new Date(0), new Date(0))
    expect((await collect()).uploads).toEqual([{ id: upload.id, size: 10 }])
    expect(await served.findUpload(upload.id)).toBeUndefined()
    expect(await readdir(join(root, "uploads"))).toEqual([])
  })

  test("frees what a killed import has left, and nothing of one that runs", async () => {
    const { root, repository, pass, collect } = await openStore()
    const folder = join(root, "ingest")
    const left = `${randomUUID()}.1`
    await writeFile(join(folder, left), "half of it")
    const large = sample("one and two")
    await repository.push(large.descriptor, async function* () {
      yield large.bytes.subarray(0, 3)
      pass(HOUR / 2)
      expect((await collect()).uploads).toEqual([{ id: left, size: 10 }])
      expect(await readdir(folder)).toHaveLength(1)
      yield large.bytes.subarray(3)
    })
    expect(await readdir(folder)).toEqual([])
  })

  test("keeps what a tag needs, though it was only pushed to another repository, or put there by hand", async () => {
    const { root, store, repository, pass, collect, blobs } = await openStore()
    const late = sample("put there by hand")
    const image = sampleImage(base, late)
    const path = join(root, "blobs", "sha256", digestHex(late.descriptor.digest))
    for (const { descriptor, body } of image.blobs.slice(0, 2)) {
      await store.repository("acme/other").push(descriptor, body)
    }
    await repository.push(image.manifest.descriptor, image.manifest.body)
    await repository.tag(image.manifest.descriptor, "1.0.0")
    await writeFile(path, late.bytes)
    await utimes(path, new Date(0), new Date(0))
    pass(48 * HOUR)
    expect((await store.collectGarbage({ findRoots: none, grace: HOUR, dryRun: true })).removed).toEqual([])
    expect((await collect()).removed).toEqual([])
    expect(await blobs()).toEqual(hexOf(...partsOf(image)))
    expect((await store.verify({ roots: [] })).damaged).toEqual([])
  })

  test("says what room it needs on a full disk, and leaves everything as it is until it has it", async () => {
    const root = await temporaryFolder()
    const mount = `mount -t tmpfs -o size=16m tmpfs ${root}`
    const shell = `unshare --user --map-root-user --mount sh -c '${mount} && exec "$0" "$@"'`
    const lines = await new StoreProcess(["gc-full", root], "true", shell).finish()
    expect(lines).toEqual([
      expect.stringMatching(
        /^NO_SPACE: collecting garbage needs [0-9]{7} bytes free on the disk of \S+\/store for a while; [0-9]+ are free$/,
      ),
      "removed 1",
    ])
  })

  test("names a release that is damaged, keeps what is there of it, and frees everything else", async () => {
    const { root, store, repository, pass, blobs } = await openStore()
    const image = sampleImage(base)
    await push(repository, image)
    await push(repository, sampleImage(sample("garbage")), "garbage")
    await repository.untag(new Map([["garbage", sampleImage(sample("garbage")).manifest.descriptor]]))
    await rm(join(root, "blobs", "sha256", digestHex(image.manifest.descriptor.digest)))
    pass(48 * HOUR)
    const never = sample("never pushed", MediaType.ociManifest).descriptor
    const roots = [
      { name: "release 1.0.0 of acme/edge", repository: "acme/edge", descriptor: image.manifest.descriptor },
      { name: "release 2.0.0 of acme/edge", repository: "acme/edge", descriptor: never },
    ]
    const found = await store.collectGarbage({ findRoots: async () => roots, grace: HOUR })
    expect(found.damaged).toEqual([
      {
        name: "release 1.0.0 of acme/edge",
        problem: `${image.manifest.descriptor.digest} is missing`,
      },
      { name: "release 2.0.0 of acme/edge", problem: expect.stringContaining(never.digest) },
    ])
    expect(await blobs()).toEqual(hexOf(...image.blobs))
  })

  test("gives no repository what only another has, whatever names it", async () => {
    const { store, pass } = await openStore()
    const secret = sampleImage(sample("of the other organization"))
    await push(store.repository("orgb/beta"), secret, "1.0.0")
    const foreign = {
      ...secret.blobs[1]?.descriptor,
      mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    }
    const config = sample("{}", MediaType.ociConfig)
    const naming = jsonSample(
      { schemaVersion: 2, mediaType: MediaType.ociManifest, config: config.descriptor, layers: [foreign] },
      MediaType.ociManifest,
    )
    const served = store.served("orga/alpha")
    const attacker = store.repository("orga/alpha")
    await attacker.push(config.descriptor, config.body)
    const { descriptor, bytes } = naming
    const manifest = parseManifest(bytes, descriptor.mediaType)
    await served.putManifest({ descriptor, bytes, manifest, tags: ["mine"] })
    const roots = [secret.manifest, ...secret.blobs].map((it) => ({
      name: "release 1.0.0 of orga/alpha",
      repository: "orga/alpha",
      descriptor: { ...it.descriptor, mediaType: MediaType.ociManifest },
    }))
    pass(48 * HOUR)
    for (const dryRun of [true, false]) {
      await store.collectGarbage({ findRoots: async () => roots, grace: 0, dryRun })
      for (const { descriptor } of [secret.manifest, ...secret.blobs]) {
        expect(await served.findBlob(descriptor.digest)).toBeUndefined()
        expect(await served.findManifest(descriptor.digest)).toBeUndefined()
        expect(await attacker.exists(descriptor)).toBe(false)
      }
    }
    await readEverything(store, "orgb/beta", secret)
  })
})

async function readEverything(
  store: ContentStore,
  name: string,
  { blobs, manifest }: SampleImage,
): Promise<void> {
  const repository = store.repository(name)
  for (const { descriptor } of [...blobs, manifest]) {
    expect(await repository.exists(descriptor)).toBe(true)
    await collect(repository.fetch(descriptor))
  }
}

test("a manifest that is deleted while it is pushed again is there with its tag, or not at all", async () => {
  const { store } = await openStore()
  const image = sampleImage(base)
  const { descriptor, bytes } = image.manifest
  await push(store.repository("acme/edge"), image)
  const served = store.served("acme/edge")
  const pushed = {
    descriptor,
    bytes,
    manifest: parseManifest(bytes, descriptor.mediaType),
    tags: ["current"],
  }
  for (let round = 0; round < 50; round++) {
    await served.putManifest(pushed)
    await Promise.allSettled([
      served.removeManifest(descriptor.digest),
      served.putManifest(pushed),
      served.putManifest(pushed),
    ])
    const isTagged = (await served.listTags()).includes("current")
    const isThere = (await served.claimManifest(descriptor.digest)) !== undefined
    expect({ round, isTagged }).toEqual({ round, isTagged: isThere && isTagged })
  }
})

describe("collecting garbage while others push", () => {
  const layers = Array.from({ length: 6 }, (_, at) => sample(`layer ${at} `.repeat(5000)))

  /** Pushes as clients do: asks what is there, sends the rest, then the manifest with its tag. */
  async function pushServed(
    store: ContentStore,
    { blobs, manifest }: SampleImage,
    tag: string,
  ): Promise<void> {
    const served = store.served("acme/edge")
    for (const { descriptor, body } of blobs) {
      if ((await served.claimBlob(descriptor.digest)) !== undefined) continue
      const upload = await served.beginUpload(randomUUID())
      await upload.append(body(0))
      await upload.commit(descriptor.digest)
    }
    const parsed = JSON.parse(Buffer.from(manifest.bytes).toString())
    await served.putManifest({
      descriptor: manifest.descriptor,
      bytes: manifest.bytes,
      manifest: { ...parsed, kind: "manifest" },
      tags: [tag],
    })
  }

  async function readAll(store: ContentStore, { blobs, manifest }: SampleImage): Promise<void> {
    const repository = store.repository("acme/edge")
    for (const { descriptor } of [...blobs, manifest]) await collect(repository.fetch(descriptor))
  }

  test("loses nothing of a push, though all of it was garbage a moment before", async () => {
    const root = await temporaryFolder()
    const old = await ContentStore.open(root, { now: () => Date.now() - 48 * HOUR })
    const store = await ContentStore.open(root, systemClock)
    const collector = new StoreProcess(["gc", root, String(HOUR)])
    await collector.until("collecting")
    for (let round = 0; round < 40; round++) {
      const some = layers.filter((_, at) => (round >> (at % 4)) % 2 === 0 || at === round % 6)
      const image = sampleImage(...some)
      // Garbage of days ago, which is swept while it is pushed again.
      for (const { descriptor, body } of image.blobs) await old.repository("acme/edge").push(descriptor, body)
      await pushServed(store, image, "current")
      await readAll(store, image)
      await store.served("acme/edge").removeManifest(image.manifest.descriptor.digest)
    }
    expect((await store.verify({ roots: [] })).damaged).toEqual([])
    await collector.kill()
  })

  test("never breaks what was answered, even when it waits for nobody", async () => {
    const root = await temporaryFolder()
    const store = await ContentStore.open(root, systemClock)
    const collector = new StoreProcess(["gc", root, "0"])
    await collector.until("collecting")
    for (let round = 0; round < 40; round++) {
      const image = sampleImage(...layers.slice(round % 5))
      for (;;) {
        try {
          await pushServed(store, image, `v${round % 3}`)
          break
        } catch (error) {
          // As clients do when a registry says that a blob is unknown.
          expect(error).toMatchObject({ code: expect.stringMatching(/^CONTENT_(?:MISSING|NOT_FOUND)$/) })
        }
      }
      await readAll(store, image)
    }
    expect((await store.verify({ roots: [] })).damaged).toEqual([])
    await collector.kill()
  })

  test("a kill in the middle is made good by the next run", async () => {
    const root = await temporaryFolder()
    const old = await ContentStore.open(root, { now: () => Date.now() - 48 * HOUR })
    const kept = sampleImage(base)
    await push(old.repository("acme/edge"), kept, "kept")
    for (let round = 0; round < 8; round++) {
      for (let at = 0; at < 60; at++) {
        const garbage = sample(`garbage ${round} ${at}`)
        await old.repository("acme/edge").push(garbage.descriptor, garbage.body)
      }
      const collector = new StoreProcess(["gc", root, String(HOUR)])
      await collector.until("collecting")
      await collector.kill()
      await readAll(old, kept)
    }
    await old.collectGarbage({ findRoots: none, grace: 0 })
    expect((await readdir(join(root, "blobs", "sha256"))).sort()).toEqual(hexOf(...partsOf(kept)))
  })
})
