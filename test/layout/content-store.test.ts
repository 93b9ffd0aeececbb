import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { bodyOf } from "../../src/content/read-document.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import type { LayoutRepository } from "../../src/layout/layout-repository.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { systemClock } from "../../src/system-clock.ts"
import { readAll, type SampleImage, sample, sampleImage } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/content/temporary-folder.ts"

const image = sampleImage(sample("a layer\n"))

async function pushImage(repository: LayoutRepository, { blobs, manifest }: SampleImage): Promise<void> {
  for (const { descriptor, body } of [...blobs, manifest]) await repository.push(descriptor, body)
}

const readIndex = async (root: string) => JSON.parse(await readFile(join(root, "index.json"), "utf8"))

describe("opening a content store", () => {
  test("makes an empty image layout where there is nothing", async () => {
    const root = join(await temporaryFolder(), "deep", "store")
    await ContentStore.open(root, systemClock)
    expect(await readFile(join(root, "oci-layout"), "utf8")).toBe('{"imageLayoutVersion":"1.0.0"}')
    expect(await readIndex(root)).toEqual({ schemaVersion: 2, manifests: [] })
    expect(await readdir(join(root, "blobs"))).toEqual(["sha256"])
  })

  test("keeps what is in a store", async () => {
    const root = await temporaryFolder()
    const before = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    await pushImage(before, image)
    await before.tag(image.manifest.descriptor, "1.2.3")
    const after = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    expect(await after.resolve("1.2.3")).toEqual(image.manifest.descriptor)
  })

  test("may be done by several at the same time", async () => {
    const root = join(await temporaryFolder(), "store")
    const stores = await Promise.all(Array.from({ length: 6 }, () => ContentStore.open(root, systemClock)))
    await Promise.all(stores.map((store) => pushImage(store.repository("acme/edge"), image)))
    expect(await readdir(join(root, "ingest"))).toEqual([])
  })

  test.for(["index.json", "oci-layout"])("finishes a store whose making ended before %s", async (missing) => {
    const root = await temporaryFolder()
    await ContentStore.open(root, systemClock)
    // In the order in which they are made.
    for (const name of missing === "oci-layout" ? ["oci-layout", "index.json"] : ["index.json"]) {
      await rm(join(root, name))
    }
    await rm(join(root, "blobs"), { recursive: true })
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    await pushImage(repository, image)
    await repository.tag(image.manifest.descriptor, "1.2.3")
    expect(await repository.resolve("1.2.3")).toEqual(image.manifest.descriptor)
  })

  test("refuses a folder of other things, and leaves it as it is", async () => {
    const root = await temporaryFolder()
    await writeFile(join(root, "holiday.jpg"), "")
    await expect(ContentStore.open(root, systemClock)).rejects.toMatchObject({
      code: "NOT_A_LAYOUT",
      message: expect.stringContaining(root),
      hint: expect.any(String),
    })
    expect(await readdir(root)).toEqual(["holiday.jpg"])
  })

  test("refuses a file, and a path below one", async () => {
    const file = join(await temporaryFolder(), "file")
    await writeFile(file, "")
    await expect(ContentStore.open(file, systemClock)).rejects.toMatchObject({ code: "NOT_A_LAYOUT" })
    await expect(ContentStore.open(join(file, "store"), systemClock)).rejects.toMatchObject({
      code: "NOT_A_LAYOUT",
    })
  })

  test("says when its catalog is damaged, and does not take that for another process at work", async () => {
    const root = await temporaryFolder()
    await (await ContentStore.open(root, systemClock)).close()
    await writeFile(
      join(root, "catalog.sqlite"),
      "no database at all, though long enough to look like one ".repeat(99),
    )
    await expect(ContentStore.open(root, systemClock)).rejects.toMatchObject({
      code: "STORE_DAMAGED",
      message: `${join(root, "catalog.sqlite")} is damaged: file is not a database`,
      hint: expect.stringContaining("backup"),
    })
  })

  test("refuses a layout of a version to come", async () => {
    const root = await temporaryFolder()
    await ContentStore.open(root, systemClock)
    await writeFile(join(root, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}')
    await expect(ContentStore.open(root, systemClock)).rejects.toMatchObject({
      code: "INVALID_DOCUMENT",
      message: expect.stringContaining(join(root, "oci-layout")),
    })
  })
})

describe("blobs of the content store", () => {
  test("are said to be in a few repositories, those of one's own organization first", async () => {
    const store = await ContentStore.open(await temporaryFolder(), systemClock)
    const { descriptor, bytes } = sample("shared by many")
    const others = Array.from({ length: 10 }, (_, count) => `acme/fleet-${count}`)
    for (const name of [...others, "site/edge", "site/dock", "sites/edge"])
      await store.repository(name).push(descriptor, bodyOf(bytes))
    const holders = await store.served("site/new").holders(descriptor.digest)
    expect(holders).toEqual(["site/dock", "site/edge", "acme/fleet-0", "acme/fleet-1"])
  })

  test("belong to the repository that they were pushed to, and lie in the store once", async () => {
    const root = await temporaryFolder()
    const store = await ContentStore.open(root, systemClock)
    await pushImage(store.repository("acme/edge"), image)
    const other = store.repository("site/edge")
    for (const { descriptor } of [...image.blobs, image.manifest]) {
      expect(await other.exists(descriptor)).toBe(false)
      expect(await other.claim(descriptor)).toBe(false)
    }
    await expect(other.tag(image.manifest.descriptor, "1")).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
      message: `${image.manifest.descriptor.digest} is not in site/edge`,
    })
    const files = await readdir(join(root, "blobs", "sha256"))
    await pushImage(other, image)
    expect(await readdir(join(root, "blobs", "sha256"))).toEqual(files)
    for (const { descriptor } of image.blobs) expect(await other.exists(descriptor)).toBe(true)
  })

  test("can be taken over from another repository without being read, by an owner of the store", async () => {
    const store = await ContentStore.open(await temporaryFolder(), systemClock)
    await pushImage(store.repository("acme/edge"), image)
    const other = store.repository("site/edge")
    const [, layer] = image.blobs
    const descriptor = layer?.descriptor ?? image.manifest.descriptor
    expect(await other.mount(descriptor, "acme/nothing")).toBe(false)
    expect(await other.mount(descriptor, null)).toBe(true)
    expect(await other.exists(descriptor)).toBe(true)
  })

  test("lie under their digests, sha512 too", async () => {
    const root = await temporaryFolder()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    const long = sample("long", undefined, "sha512")
    await repository.push(long.descriptor, long.body)
    expect(await readFile(join(root, "blobs", "sha512", long.descriptor.digest.slice(7)), "utf8")).toBe(
      "long",
    )
  })

  test("that were cut off count as missing, and a push mends them", async () => {
    const root = await temporaryFolder()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    const { descriptor, body, bytes } = sample("a layer\n")
    await repository.push(descriptor, body)
    await truncate(join(root, blobPath(descriptor.digest)), 3)
    expect(await repository.exists(descriptor)).toBe(false)
    await expect(readAll(repository.fetch(descriptor))).rejects.toMatchObject({ code: "SIZE_MISMATCH" })
    await repository.push(descriptor, body)
    expect(await readAll(repository.fetch(descriptor))).toEqual(Buffer.from(bytes))
  })

  test("that were altered are refused with the name of the file and what to do about it", async () => {
    const root = await temporaryFolder()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    const { descriptor, body } = sample("a layer\n")
    await repository.push(descriptor, body)
    const file = join(root, blobPath(descriptor.digest))
    await writeFile(file, "a lawyer")
    await expect(readAll(repository.fetch(descriptor))).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      message: expect.stringContaining(file),
      hint: expect.stringContaining("delete that file"),
    })
  })

  test("that are missing are named together with the store", async () => {
    const root = await temporaryFolder()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    const { descriptor } = sample("never pushed")
    await expect(readAll(repository.fetch(descriptor))).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
      message: `${descriptor.digest} is not in ${root}`,
    })
  })

  test("that are folders instead of files are missing", async () => {
    const root = await temporaryFolder()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    const { descriptor } = sample("a folder")
    await mkdir(join(root, blobPath(descriptor.digest)))
    expect(await repository.exists(descriptor)).toBe(false)
    await expect(readAll(repository.fetch(descriptor))).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
  })
})

describe("tags of the content store", () => {
  test("are entries that other tools find as oci:STORE:acme/edge:1.2.3", async () => {
    const root = await temporaryFolder()
    const store = await ContentStore.open(root, systemClock)
    const repository = store.repository("acme/edge")
    await pushImage(repository, image)
    await repository.tag(image.manifest.descriptor, "1.2.3")
    await store.close()
    expect(await readIndex(root)).toEqual({
      schemaVersion: 2,
      manifests: [
        {
          ...image.manifest.descriptor,
          annotations: { "org.opencontainers.image.ref.name": "acme/edge:1.2.3" },
        },
      ],
    })
  })

  test("belong to one repository", async () => {
    const store = await ContentStore.open(await temporaryFolder(), systemClock)
    await pushImage(store.repository("acme/edge"), image)
    await store.repository("acme/edge").tag(image.manifest.descriptor, "1.2.3")
    await expect(store.repository("acme/edge2").resolve("1.2.3")).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
      message: expect.stringContaining("acme/edge2:1.2.3"),
    })
  })

  test("are set all at once or not at all", async () => {
    const store = await ContentStore.open(await temporaryFolder(), systemClock)
    const repository = store.repository("acme/edge")
    await pushImage(repository, image)
    const { descriptor } = image.manifest
    await repository.tagAll(new Map([["1.2.3", descriptor], ["web-1.2.3", descriptor]])) // biome-ignore format: a pair a line says no more
    const tags = () => store.served("acme/edge").listTags()
    expect(await tags()).toEqual(["1.2.3", "web-1.2.3"])
    const missing = sample("never pushed").descriptor
    const half = new Map([["api-1.2.3", descriptor], ["db-1.2.3", missing]]) // biome-ignore format: as above
    await expect(repository.tagAll(half)).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
    expect(await tags()).toEqual(["1.2.3", "web-1.2.3"])
  })

  test("leave alone what other tools wrote into the index", async () => {
    const root = await temporaryFolder()
    const store = await ContentStore.open(root, systemClock)
    const repository = store.repository("acme/edge")
    await pushImage(repository, image)
    const foreign = { ...image.manifest.descriptor, data: "e30=", annotations: { "com.example": "kept" } }
    const doubled = {
      ...image.manifest.descriptor,
      annotations: { "org.opencontainers.image.ref.name": "acme/edge:1" },
    }
    await writeFile(
      join(root, "index.json"),
      JSON.stringify({
        schemaVersion: 2,
        manifests: [foreign, doubled, doubled],
        annotations: { by: "hand" },
      }),
    )
    await repository.tag(image.manifest.descriptor, "1")
    await store.close()
    expect(await readIndex(root)).toEqual({
      schemaVersion: 2,
      manifests: [foreign, doubled],
      annotations: { by: "hand" },
    })
  })

  test("that another tool wrote are found, and those that it took away are gone", async () => {
    const root = await temporaryFolder()
    const store = await ContentStore.open(root, systemClock)
    const repository = store.repository("acme/edge")
    await pushImage(repository, image)
    const other = sampleImage(sample("of another tool"))
    await pushImage(store.repository("acme/other"), other)
    await repository.tag(image.manifest.descriptor, "old")
    await store.close()
    const { digest, size, mediaType } = other.manifest.descriptor
    const named = {
      digest,
      size,
      mediaType,
      annotations: { "org.opencontainers.image.ref.name": "acme/edge:new" },
    }
    await writeFile(join(root, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }))
    const again = await ContentStore.open(root, systemClock)
    const served = again.served("acme/edge")
    expect(await served.listTags()).toEqual(["new"])
    expect(await served.findManifest("new")).toMatchObject({ digest })
    for (const { descriptor } of other.blobs) expect(await served.findBlob(descriptor.digest)).toBeDefined()
    await again.close()
  })

  test("that are set while those of another tool are taken in stay", async () => {
    const root = await temporaryFolder()
    const store = await ContentStore.open(root, systemClock)
    const repository = store.repository("acme/edge")
    await pushImage(repository, image)
    await repository.tag(image.manifest.descriptor, "first")
    await store.close()
    const again = await ContentStore.open(root, systemClock)
    await writeFile(join(root, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [] }))
    const listing = again.served("acme/edge").listTags()
    const tags = Array.from({ length: 20 }, (_, at) => `new-${at}`)
    const setting = tags.map((tag) => again.repository("acme/edge").tag(image.manifest.descriptor, tag))
    await Promise.all([listing, ...setting])
    await again.close()
    const last = await ContentStore.open(root, systemClock)
    expect(await last.served("acme/edge").listTags()).toEqual(expect.arrayContaining(tags))
    await last.close()
  })

  test("that stand already cost no writing", async () => {
    const root = await temporaryFolder()
    const store = await ContentStore.open(root, systemClock)
    const repository = store.repository("acme/edge")
    await pushImage(repository, image)
    await repository.tag(image.manifest.descriptor, "1.2.3")
    await store.close()
    const before = await stat(join(root, "index.json"))
    const again = await ContentStore.open(root, systemClock)
    await again.repository("acme/edge").tag(image.manifest.descriptor, "1.2.3")
    await again.close()
    expect((await stat(join(root, "index.json"))).ino).toBe(before.ino)
  })

  test("have a limit in a repository and in an organization, which is no other's", async () => {
    const store = await ContentStore.open(await temporaryFolder(), systemClock, {
      tagLimits: { repository: 3, organization: 5 },
    })
    const { descriptor } = image.manifest
    const tag = async (name: string, ...tags: string[]) => {
      await pushImage(store.repository(name), image)
      await store.repository(name).tagAll(new Map(tags.map((it) => [it, descriptor])))
    }
    await tag("acme/edge", "1", "2", "3")
    await tag("acme/edge", "3")
    await expect(tag("acme/edge", "4")).rejects.toMatchObject({
      code: "TAG_LIMIT",
      message: "acme/edge has as many tags as it may have: 3",
      hint: expect.stringContaining("remove"),
    })
    await tag("acme/core", "1", "2")
    await expect(tag("acme/core", "3")).rejects.toMatchObject({
      code: "TAG_LIMIT",
      message: "the organization of acme/core has as many tags as it may have: 5",
    })
    await tag("acme2/edge", "1", "2", "3")
    await store.repository("acme/edge").untag(new Map([["1", descriptor]]))
    await tag("acme/core", "3")
    await store.close()
  })

  test.for(["", ".hidden", "-x", "a:b", "a/b", "a b", "x".repeat(129), "ü"])(
    'refuse "%s", which is none',
    async (tag) => {
      const repository = (await ContentStore.open(await temporaryFolder(), systemClock)).repository(
        "acme/edge",
      )
      await pushImage(repository, image)
      const invalid = { code: "INVALID_REFERENCE" }
      await expect(repository.tag(image.manifest.descriptor, tag)).rejects.toMatchObject(invalid)
      await expect(repository.resolve(tag)).rejects.toMatchObject(invalid)
    },
  )

  test.for(["", "Acme/edge", "acme/", "/edge", "acme//edge", "../edge", "acme/edge:1", "acme edge"])(
    'a repository cannot be called "%s"',
    async (name) => {
      const store = await ContentStore.open(await temporaryFolder(), systemClock)
      expect(() => store.repository(name)).toThrow(expect.objectContaining({ code: "INVALID_REFERENCE" }))
    },
  )

  test.for(["{", undefined])("an index that was damaged or lost is made again: %s", async (bytes) => {
    const root = await temporaryFolder()
    const store = await ContentStore.open(root, systemClock)
    await pushImage(store.repository("acme/edge"), image)
    await store.repository("acme/edge").tag(image.manifest.descriptor, "1.2.3")
    await store.close()
    const before = await readIndex(root)
    if (bytes === undefined) await rm(join(root, "index.json"))
    else await writeFile(join(root, "index.json"), bytes)
    const again = await ContentStore.open(root, systemClock)
    expect(await again.repository("acme/edge").resolve("1.2.3")).toEqual(image.manifest.descriptor)
    await again.close()
    expect(await readIndex(root)).toEqual(before)
  })

  test("an index that is damaged where nothing else tells of tags is named", async () => {
    const root = await temporaryFolder()
    await (await ContentStore.open(root, systemClock)).close()
    for (const name of await readdir(root)) if (name.startsWith("catalog")) await rm(join(root, name))
    await writeFile(join(root, "index.json"), "{")
    await expect(ContentStore.open(root, systemClock)).rejects.toMatchObject({
      code: "INVALID_DOCUMENT",
      message: expect.stringContaining(join(root, "index.json")),
    })
  })

  test("a blob that is no manifest does not resolve to one", async () => {
    const repository = (await ContentStore.open(await temporaryFolder(), systemClock)).repository("acme/edge")
    await pushImage(repository, image)
    const config = image.blobs[0]?.descriptor
    await expect(repository.resolve(config?.digest ?? "")).rejects.toMatchObject({ code: "INVALID_DOCUMENT" })
  })
})
