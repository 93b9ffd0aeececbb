import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import type { ImageArchive } from "../../src/bundle/image-archive.ts"
import { openOciArchive } from "../../src/bundle/oci-archive.ts"
import { copyGraph } from "../../src/content/copy.ts"
import { loadGraph } from "../../src/content/graph.ts"
import { collect } from "../../src/content/read-document.ts"
import type { Descriptor } from "../../src/oci/descriptor.ts"
import { blobPath, REF_NAME } from "../../src/oci/image-layout.ts"
import { canonicalJson } from "../../src/oci/json.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { END, rawEntry, temporaryFolder, writeArchive } from "../archive/support.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { bytesOf, put, putImage } from "../support/release.ts"

const folder = temporaryFolder()

interface Fixture {
  content: MemoryContent
  one: Descriptor
  two: Descriptor
  layer: Descriptor
}

async function makeImages(): Promise<Fixture> {
  const content = new MemoryContent()
  const base = await put(content, MediaType.ociLayer, bytesOf(1, 3_000_000))
  const layer = await put(content, MediaType.ociLayer, bytesOf(2, 700), "sha512")
  const one = await putImage(content, "amd64", [base, layer])
  const two = await putImage(content, "arm64", [base])
  return { content, one, two, layer }
}

interface File {
  name: string
  data: string | Uint8Array
}

function layoutFiles(content: MemoryContent, entries: readonly (Descriptor & { name?: string })[]): File[] {
  const manifests = entries.map(({ name, ...entry }) => ({
    ...entry,
    ...(name === undefined ? {} : { annotations: { [REF_NAME]: name, ...entry.annotations } }),
  }))
  return [
    { name: "oci-layout", data: canonicalJson({ imageLayoutVersion: "1.0.0" }) },
    { name: "index.json", data: canonicalJson({ schemaVersion: 2, manifests }) },
    ...[...content.blobs].map(([digest, data]) => ({ name: blobPath(digest as Descriptor["digest"]), data })),
  ]
}

async function withArchive(bytes: Uint8Array, use: (archive: ImageArchive) => Promise<void>): Promise<void> {
  const path = join(folder, "images.tar")
  writeFileSync(path, bytes)
  const archive = await openOciArchive(path)
  try {
    await use(archive)
  } finally {
    await archive.close()
  }
}

describe("an image layout in a tar file", () => {
  test("gives its only image without a name, and all its content verified", async () => {
    const { content, one } = await makeImages()
    await withArchive(writeArchive(layoutFiles(content, [one])), async (archive) => {
      expect(await archive.resolve("")).toEqual(one)
      const target = new MemoryContent()
      await copyGraph(archive, await loadGraph(archive, one), target)
      for (const [digest, bytes] of target.blobs) {
        expect(Buffer.from(bytes).equals(content.blobs.get(digest) ?? Buffer.alloc(0))).toBe(true)
      }
      expect(target.blobs.size).toBe(4)
    })
  })

  test("may have its entries in any order, under ./, and with folders between them", async () => {
    const { content, one } = await makeImages()
    const files = layoutFiles(content, [{ ...one, name: "web" }])
    const parts = files.reverse().map(({ name, data }) => {
      return writeArchive([{ name: `./${name}`, data }]).subarray(0, -1024)
    })
    const folders = ["./", "./blobs/", "./blobs/sha256/"].map((name) => rawEntry({ name, typeFlag: "5" }))
    await withArchive(Buffer.concat([...folders, ...parts, END]), async (archive) => {
      expect(await archive.resolve("web")).toEqual(one)
      expect(Buffer.from(await collect(archive.fetch(one)))).toEqual(
        Buffer.from(content.blobs.get(one.digest) ?? []),
      )
    })
  })

  test("of several images gives the one that is named, by any of its names or its digest", async () => {
    const { content, one, two } = await makeImages()
    const full = { "io.containerd.image.name": "docker.io/library/two:latest" }
    const entries = [
      { ...one, name: "latest" },
      { ...one, name: "again" },
      { ...two, name: "latest", annotations: full },
    ]
    await withArchive(writeArchive(layoutFiles(content, entries)), async (archive) => {
      expect(await archive.resolve("again")).toEqual(one)
      expect(await archive.resolve("docker.io/library/two:latest")).toEqual(two)
      expect(await archive.resolve(two.digest)).toEqual(two)
      await expect(archive.resolve("")).rejects.toMatchObject({
        code: "IMAGE_NOT_NAMED",
        hint: 'name one of: "again", "latest"',
      })
      await expect(archive.resolve("latest")).rejects.toMatchObject({
        code: "IMAGE_NOT_NAMED",
        hint: `name one of: "${one.digest}", "docker.io/library/two:latest"`,
      })
      await expect(archive.resolve("web")).rejects.toMatchObject({
        code: "CONTENT_NOT_FOUND",
        message: `${join(folder, "images.tar")} has no image "web"`,
      })
    })
  })

  test("resolves the digest of a manifest that only an index names", async () => {
    const { content, one, two } = await makeImages()
    const index = await put(
      content,
      MediaType.ociIndex,
      canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: [one, two] }),
    )
    await withArchive(writeArchive(layoutFiles(content, [index])), async (archive) => {
      expect(await archive.resolve("")).toEqual(index)
      expect(await archive.resolve(two.digest)).toEqual(two)
    })
  })

  test("gives ranges of a blob, as a broken transfer asks for them", async () => {
    const { content, one, layer } = await makeImages()
    const bytes = Buffer.from(content.blobs.get(layer.digest) ?? [])
    await withArchive(writeArchive(layoutFiles(content, [one])), async (archive) => {
      const range = async (offset: number, length?: number) =>
        Buffer.concat(await Array.fromAsync(archive.fetch(layer, { range: { offset, length } })))
      expect(await range(100)).toEqual(bytes.subarray(100))
      expect(await range(100, 5)).toEqual(bytes.subarray(100, 105))
      expect(await range(690, 500)).toEqual(bytes.subarray(690))
      expect(await range(700)).toHaveLength(0)
    })
  })

  test("stops at an abort", async () => {
    const { content, one } = await makeImages()
    await withArchive(writeArchive(layoutFiles(content, [one])), async (archive) => {
      const chunks = archive.fetch(one, { signal: AbortSignal.abort(new Error("enough")) })
      await expect(collect(chunks)).rejects.toThrow("enough")
    })
    const aborted = { signal: AbortSignal.abort(new Error("enough")) }
    await expect(openOciArchive(join(folder, "images.tar"), aborted)).rejects.toThrow("enough")
  })
})

describe("what is wrong in the archive is told", () => {
  test("a blob that was altered", async () => {
    const { content, one, layer } = await makeImages()
    const files = layoutFiles(content, [one])
    const altered = files.map((file) =>
      file.name === blobPath(layer.digest) ? { ...file, data: bytesOf(3, 700) } : file,
    )
    await withArchive(writeArchive(altered), async (archive) => {
      await expect(collect(archive.fetch(layer))).rejects.toMatchObject({
        code: "DIGEST_MISMATCH",
        message: expect.stringContaining(blobPath(layer.digest)),
      })
    })
  })

  test("a blob of another size, and one that is missing", async () => {
    const { content, one, layer } = await makeImages()
    const files = layoutFiles(content, [one])
    await withArchive(writeArchive(files), async (archive) => {
      const fetch = collect(archive.fetch({ ...layer, size: 699 }))
      await expect(fetch).rejects.toMatchObject({ code: "SIZE_MISMATCH" })
    })
    const less = files.filter(({ name }) => name !== blobPath(layer.digest))
    await withArchive(writeArchive(less), async (archive) => {
      await expect(collect(archive.fetch(layer))).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
      await expect(archive.resolve(layer.digest)).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
    })
  })

  test("a blob that is there twice, or is a link", async () => {
    const { content, one } = await makeImages()
    const files = layoutFiles(content, [one])
    const name = blobPath(one.digest)
    const twice = [...files, { name, data: "other" }]
    await withArchive(writeArchive(twice), async (archive) => {
      await expect(collect(archive.fetch(one))).rejects.toMatchObject({
        code: "UNSUPPORTED_ARCHIVE",
        message: expect.stringContaining("more than once"),
      })
    })
    for (const typeFlag of ["1", "2"]) {
      const rest = writeArchive(files.filter((file) => file.name !== name))
      const link = rawEntry({ name, typeFlag, linkName: "index.json" })
      await withArchive(Buffer.concat([link, rest]), async (archive) => {
        await expect(collect(archive.fetch(one))).rejects.toMatchObject({
          code: "UNSUPPORTED_ARCHIVE",
          message: expect.stringContaining("link, not a file"),
        })
      })
    }
  })

  test("names of many megabytes, which would be held in memory", async () => {
    const files = Array.from({ length: 34 }, (_, at) => ({ name: `${"a".repeat(1_000_000)}${at}`, data: "" }))
    const path = join(folder, "names.tar")
    writeFileSync(path, writeArchive(files))
    await expect(openOciArchive(path)).rejects.toMatchObject({
      code: "UNSUPPORTED_ARCHIVE",
      message: expect.stringContaining("names are longer than"),
    })
  })

  test.each<[string, File[], object]>([
    ["no layout", [{ name: "hello", data: "1" }], { code: "UNSUPPORTED_ARCHIVE" }],
    [
      "a docker-archive",
      [{ name: "manifest.json", data: "[]" }],
      { code: "UNSUPPORTED_ARCHIVE", hint: "name it docker-archive:FILE" },
    ],
    [
      "another version",
      [{ name: "oci-layout", data: '{"imageLayoutVersion":"2.0.0"}' }],
      { code: "INVALID_DOCUMENT" },
    ],
    [
      "no index",
      [{ name: "oci-layout", data: '{"imageLayoutVersion":"1.0.0"}' }],
      { code: "UNSUPPORTED_ARCHIVE", message: expect.stringContaining("index.json is missing") },
    ],
    [
      "an index that is no JSON",
      [
        { name: "oci-layout", data: '{"imageLayoutVersion":"1.0.0"}' },
        { name: "index.json", data: "{" },
      ],
      { code: "INVALID_DOCUMENT" },
    ],
    [
      "an index of more than 4 MiB",
      [
        { name: "oci-layout", data: '{"imageLayoutVersion":"1.0.0"}' },
        { name: "index.json", data: " ".repeat(4 * 1024 * 1024 + 1) },
      ],
      { code: "UNSUPPORTED_ARCHIVE" },
    ],
  ])("%s", async (_, files, error) => {
    const path = join(folder, "wrong.tar")
    writeFileSync(path, writeArchive(files))
    await expect(openOciArchive(path)).rejects.toMatchObject(error)
  })

  test("an empty layout, and one whose images have no names", async () => {
    const { content, one, two } = await makeImages()
    await withArchive(writeArchive(layoutFiles(content, [])), async (archive) => {
      await expect(archive.resolve("")).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
    })
    await withArchive(writeArchive(layoutFiles(content, [one, two])), async (archive) => {
      await expect(archive.resolve("")).rejects.toMatchObject({
        code: "IMAGE_NOT_NAMED",
        hint: `name one of: "${one.digest}", "${two.digest}"`,
      })
    })
  })
})
