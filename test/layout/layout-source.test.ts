import { mkdir, rename, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gunzipSync, zstdDecompressSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { HOSTILE_NAME, hostileImages } from "../../fixtures/hostile-images/make.ts"
import { LayoutWriter } from "../../fixtures/images.ts"
import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import { copyGraph } from "../../src/content/copy.ts"
import { loadGraph } from "../../src/content/graph.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import { openLayout } from "../../src/layout/layout-source.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { systemClock } from "../../src/system-clock.ts"
import { readAll } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/content/temporary-folder.ts"

async function layoutWith(...names: string[]): Promise<LayoutWriter> {
  const layout = await LayoutWriter.create(await temporaryFolder())
  for (const name of names) {
    const layers = [await layout.layer(`COPY ${name}`, [{ path: name, content: name }])]
    await layout.name(name, await layout.image({ layers }))
  }
  return layout
}

describe("an image of a layout", () => {
  test("needs no name when it is the only one", async () => {
    const { folder } = await layoutWith("web")
    const source = await openLayout(folder)
    expect(await source.resolve("")).toEqual(await source.resolve("web"))
  })

  test("needs no name when all names mean it", async () => {
    const layout = await layoutWith("web")
    const image = await (await openLayout(layout.folder)).resolve("web")
    await layout.name("latest", image)
    expect(await (await openLayout(layout.folder)).resolve("")).toEqual(image)
  })

  test("has to be named when there are several, and the hint lists them", async () => {
    const source = await openLayout((await layoutWith("web", "api")).folder)
    await expect(source.resolve("")).rejects.toMatchObject({
      code: "IMAGE_NOT_NAMED",
      hint: "name one of: web, api",
    })
  })

  test("that is not there: the hint lists those that are", async () => {
    const source = await openLayout((await layoutWith("web", "api")).folder)
    await expect(source.resolve("db")).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
      message: expect.stringContaining('no image "db"'),
      hint: "name one of: web, api",
    })
  })

  test("that is not there: of very many names some are listed", async () => {
    const layout = await layoutWith("web")
    const image = await (await openLayout(layout.folder)).resolve("web")
    for (let at = 1; at < 25; at += 1) await layout.name(`web-${at}`, image)
    const source = await openLayout(layout.folder)
    await expect(source.resolve("db")).rejects.toMatchObject({
      hint: expect.stringMatching(/web-19 and 5 more$/),
    })
  })

  test("in an empty layout: the hint says that it is empty", async () => {
    const source = await openLayout((await layoutWith()).folder)
    const empty = { code: "CONTENT_NOT_FOUND", hint: expect.stringContaining("empty") }
    await expect(source.resolve("")).rejects.toMatchObject(empty)
    await expect(source.resolve("web")).rejects.toMatchObject(empty)
  })

  test("whose name two images carry has to be named by its digest", async () => {
    const layout = await layoutWith("web", "api")
    const [web, api] = await Promise.all(
      ["web", "api"].map(async (name) => (await openLayout(layout.folder)).resolve(name)),
    )
    if (!web || !api) throw new Error("no images")
    await layout.name("web", api)
    const source = await openLayout(layout.folder)
    await expect(source.resolve("web")).rejects.toMatchObject({
      code: "IMAGE_NOT_NAMED",
      hint: `name one of: ${web.digest}, ${api.digest}`,
    })
    expect(await source.resolve(web.digest)).toEqual(web)
  })
})

describe("a folder that is no layout", () => {
  test.for([
    { what: "is not there", make: async (folder: string) => join(folder, "nothing") },
    { what: "is empty", make: async (folder: string) => folder },
    {
      what: "is a file",
      make: async (folder: string) => {
        await writeFile(join(folder, "file"), "")
        return join(folder, "file")
      },
    },
    {
      what: "has no index.json",
      make: async (folder: string) => {
        await writeFile(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}')
        return folder
      },
    },
  ])("because it $what is named, with a hint", async ({ make }) => {
    const path = await make(await temporaryFolder())
    const opening = openLayout(path).then((source) => source.resolve(""))
    await expect(opening).rejects.toMatchObject({
      code: "NOT_A_LAYOUT",
      message: expect.stringContaining(path),
      hint: expect.any(String),
    })
  })
})

describe("symbolic links in a layout", () => {
  test("are followed, since build tools link blobs into their caches", async () => {
    const { folder } = await layoutWith("web")
    const elsewhere = await temporaryFolder()
    await rename(join(folder, "blobs"), join(elsewhere, "blobs"))
    await symlink(join(elsewhere, "blobs"), join(folder, "blobs"))
    const source = await openLayout(folder)
    const graph = await loadGraph(source, await source.resolve("web"))
    for (const layer of graph.layers) await readAll(source.fetch(layer))
  })

  test("bring in nothing but what the digest names", async () => {
    const layout = await layoutWith("web")
    const secret = join(await temporaryFolder(), "secret")
    await writeFile(secret, "swordfish")
    const descriptor = {
      mediaType: "text/plain",
      digest: `sha256:${"a".repeat(64)}`,
      size: "swordfish".length,
    } as const
    await symlink(secret, join(layout.folder, blobPath(descriptor.digest)))
    const chunks: Uint8Array[] = []
    const read = async () => {
      const source = await openLayout(layout.folder)
      for await (const chunk of source.fetch(descriptor)) chunks.push(chunk)
    }
    await expect(read()).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
    expect(chunks).toEqual([])
  })

  test.for(["/dev/zero", "/dev/tty", "/"])("to %s are not read", async (target) => {
    const layout = await layoutWith("web")
    const digest = `sha256:${"b".repeat(64)}` as const
    await symlink(target, join(layout.folder, blobPath(digest)))
    const source = await openLayout(layout.folder)
    const reading = readAll(source.fetch({ mediaType: "text/plain", digest, size: 1 }))
    await expect(reading).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
    await expect(source.resolve(digest)).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
  })
})

/** Copies the image of a layout into a fresh store, as taking it into a release does. */
async function takeIn(folder: string, name: string) {
  const source = await openLayout(folder)
  const root = await source.resolve(name)
  const graph = await loadGraph(source, root)
  const target = (await ContentStore.open(join(folder, "..", "store"), systemClock)).repository("acme/edge")
  await copyGraph(source, graph, target)
  return { graph, target }
}

describe("the sample application", () => {
  test("has four services, which share layers and come in whole", async () => {
    const folder = await temporaryFolder()
    const { images } = await makeSampleApplication(folder, { size: 64 * 1024 })
    const seen = new Map<string, number>()
    for (const service of ["web", "api", "worker", "db"]) {
      const { graph, target } = await takeIn(images, service)
      for (const layer of graph.layers) {
        seen.set(layer.digest, (seen.get(layer.digest) ?? 0) + 1)
        await readAll(target.fetch(layer))
      }
      expect(graph.manifests).toHaveLength(service === "web" ? 2 : 1)
    }
    expect([...seen.values()].sort().reverse().slice(0, 2)).toEqual([4, 2])
  })

  test("is the same every time, down to the digests that documents may quote", async () => {
    const { images } = await makeSampleApplication(await temporaryFolder(), { size: 64 * 1024 })
    const source = await openLayout(images)
    const digests = Object.fromEntries(
      await Promise.all(
        ["web", "api", "worker", "db"].map(async (name) => [name, (await source.resolve(name)).digest]),
      ),
    )
    expect(digests).toMatchInlineSnapshot(`
      {
        "api": "sha256:847926df1f136024ff290b540824ac17d26a27333a6cde70b8e93802cebdeaea",
        "db": "sha256:efb7a178a7159d03871954f1d83cbf2b15f759da95bf2dd2a447dfd942ba095f",
        "web": "sha256:0cecbfd351af8ef362df5229bc5f4d981f2cd5ddd42f7db29960bf1c2378f260",
        "worker": "sha256:ffe58e3767f4357080745c578b4f86300afec2108a4dac7df989eabd6dacf26e",
      }
    `)
  })
})

test("the layers of the sample application are what the configurations say, in every compression", async () => {
  const { images } = await makeSampleApplication(await temporaryFolder(), { size: 400 * 1024 })
  const source = await openLayout(images)
  const unpack: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    [MediaType.ociLayerGzip]: (bytes) => gunzipSync(bytes),
    [MediaType.ociLayerZstd]: (bytes) => zstdDecompressSync(bytes),
  }
  const used = new Set<string>()
  for (const service of ["api", "worker", "db"]) {
    const { layers, configs } = await loadGraph(source, await source.resolve(service))
    const diffIds: string[] = []
    for (const layer of layers) {
      used.add(layer.mediaType)
      diffIds.push(
        digestOf(unpack[layer.mediaType]?.(await readAll(source.fetch(layer))) ?? new Uint8Array(0)),
      )
    }
    const config = configs[0] && JSON.parse(String(await readAll(source.fetch(configs[0]))))
    expect(config.rootfs.diff_ids).toEqual(diffIds)
  }
  expect([...used].toSorted()).toEqual(Object.keys(unpack).toSorted())
})

describe("an image that is hostile or unusual", () => {
  const outcomes: Record<keyof typeof hostileImages, string | undefined> = {
    schema1: "UNSUPPORTED_MEDIA_TYPE",
    disguisedSchema1: "UNSUPPORTED_MEDIA_TYPE",
    missingPlatform: "CONTENT_NOT_FOUND",
    hugeManifest: "DOCUMENT_TOO_LARGE",
    wrongLayerSize: "SIZE_MISMATCH",
    wrongLayerDigest: "DIGEST_MISMATCH",
    missingLayer: "CONTENT_NOT_FOUND",
    foreignLayer: "CONTENT_NOT_FOUND",
    noLayers: undefined,
    sha512: undefined,
    emptyLayer: undefined,
    ambiguousManifest: "INVALID_DOCUMENT",
    noMediaType: undefined,
    mislabelled: "INVALID_DOCUMENT",
    brokenText: "INVALID_DOCUMENT",
  }

  test.for(Object.entries(hostileImages))(
    "is taken or refused with one clear error: %s",
    async ([name, make]) => {
      const folder = join(await temporaryFolder(), "image")
      await mkdir(folder)
      const image = await make(folder)
      const outcome = outcomes[name as keyof typeof hostileImages]
      if (outcome === undefined) {
        const { target } = await takeIn(folder, HOSTILE_NAME)
        expect(await target.exists(image)).toBe(true)
      } else {
        await expect(takeIn(folder, HOSTILE_NAME)).rejects.toMatchObject({ code: outcome })
      }
    },
  )
})
