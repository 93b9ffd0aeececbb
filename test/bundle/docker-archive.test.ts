import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { openDockerArchive } from "../../src/bundle/docker-archive.ts"
import type { ImageArchive } from "../../src/bundle/image-archive.ts"
import { copyGraph } from "../../src/content/copy.ts"
import { loadGraph } from "../../src/content/graph.ts"
import { collect, readDocument } from "../../src/content/read-document.ts"
import { digestHex, digestOf } from "../../src/oci/digest.ts"
import { isCanonicalJson } from "../../src/oci/json.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { END, rawEntry, temporaryFolder, writeArchive } from "../archive/support.ts"
import { MemoryContent } from "../support/memory-content.ts"

const folder = temporaryFolder()
const base = writeArchive([{ name: "etc/os-release", data: "x".repeat(2_500_000) }])
const app = writeArchive([{ name: "app", data: "y" }])

/** Written as Docker does, with fields that the OCI specification does not know, and not canonical. */
function configOf(...layers: Uint8Array[]): Buffer {
  const rootfs = { type: "layers", diff_ids: layers.map((layer) => digestOf(layer)) }
  return Buffer.from(
    JSON.stringify({ rootfs, os: "linux", architecture: "amd64", docker_version: "24" }, null, 1),
  )
}

interface Saved {
  Config: string
  RepoTags?: string[] | null
  Layers?: string[] | null
}

interface File {
  name: string
  data: string | Uint8Array
}

function archiveOf(saved: readonly Saved[], files: readonly File[], links: readonly Buffer[] = []): Buffer {
  const manifest = { name: "manifest.json", data: JSON.stringify(saved) }
  return Buffer.concat([...links, writeArchive([...files, manifest])])
}

function open(bytes: Uint8Array): Promise<ImageArchive> {
  const path = join(folder, "saved.tar")
  writeFileSync(path, bytes)
  return openDockerArchive(path)
}

async function withArchive(bytes: Uint8Array, use: (archive: ImageArchive) => Promise<void>): Promise<void> {
  const archive = await open(bytes)
  try {
    await use(archive)
  } finally {
    await archive.close()
  }
}

async function manifestOf(archive: ImageArchive, reference = "") {
  const descriptor = await archive.resolve(reference)
  const bytes = await readDocument(archive, descriptor)
  return { descriptor, bytes, manifest: JSON.parse(Buffer.from(bytes).toString()) }
}

const config = configOf(base, app)
const oldStyle: File[] = [
  { name: "config.json", data: config },
  { name: "aaa/VERSION", data: "1.0" },
  { name: "aaa/layer.tar", data: base },
  { name: "bbb/layer.tar", data: app },
]
const saved: Saved = {
  Config: "config.json",
  RepoTags: ["acme/web:1.2"],
  Layers: ["aaa/layer.tar", "bbb/layer.tar"],
}

describe("an archive of docker save", () => {
  test("becomes an OCI image that keeps the config byte for byte and the layers as they lie there", async () => {
    await withArchive(archiveOf([saved], oldStyle), async (archive) => {
      const { descriptor, bytes, manifest } = await manifestOf(archive)
      expect(descriptor.mediaType).toBe(MediaType.ociManifest)
      expect(isCanonicalJson(bytes)).toBe(true)
      expect(manifest).toEqual({
        schemaVersion: 2,
        mediaType: MediaType.ociManifest,
        config: { mediaType: MediaType.ociConfig, digest: digestOf(config), size: config.length },
        layers: [base, app].map((layer) => ({
          mediaType: MediaType.ociLayer,
          digest: digestOf(layer),
          size: layer.length,
        })),
      })
      const target = new MemoryContent()
      await copyGraph(archive, await loadGraph(archive, descriptor), target)
      expect(Buffer.from(target.blobs.get(digestOf(config)) ?? []).equals(config)).toBe(true)
      expect(Buffer.from(target.blobs.get(digestOf(base)) ?? []).equals(base)).toBe(true)
      expect(target.blobs.size).toBe(4)
      expect(await archive.resolve(descriptor.digest)).toEqual(descriptor)
    })
  })

  test("shares layers by symbolic links, as old engines wrote them, and by hard links", async () => {
    const files = oldStyle.filter(({ name }) => name !== "bbb/layer.tar")
    const links = [
      rawEntry({ name: "ccc/layer.tar", typeFlag: "2", linkName: "../bbb/layer.tar" }),
      rawEntry({ name: "bbb/layer.tar", typeFlag: "2", linkName: "../ddd/./layer.tar" }),
      rawEntry({ name: "ddd/layer.tar", typeFlag: "1", linkName: "aaa/layer.tar" }),
    ]
    const twice = { ...saved, Layers: ["aaa/layer.tar", "ccc/layer.tar"] }
    const same = files.map((file) =>
      file.name === "config.json" ? { ...file, data: configOf(base, base) } : file,
    )
    await withArchive(archiveOf([twice], same, links), async (archive) => {
      const { manifest } = await manifestOf(archive)
      expect(manifest.layers[1]).toEqual(manifest.layers[0])
      expect((await collect(archive.fetch(manifest.layers[1]))).length).toBe(base.length)
    })
  })

  test("of a new engine, which is an image layout besides, is read the same", async () => {
    const blob = (data: Uint8Array) => ({ name: `blobs/sha256/${digestHex(digestOf(data))}`, data })
    const files = [
      { name: "oci-layout", data: '{"imageLayoutVersion":"1.0.0"}' },
      { name: "index.json", data: '{"schemaVersion":2,"manifests":[]}' },
      ...[config, base, app].map(blob),
    ]
    const image = {
      ...saved,
      Config: blob(config).name,
      Layers: [base, app].map((data) => blob(data).name),
      LayerSources: {},
    }
    let old: unknown
    await withArchive(archiveOf([saved], oldStyle), async (archive) => {
      old = await archive.resolve("")
    })
    await withArchive(archiveOf([image], files), async (archive) => {
      expect(await archive.resolve("")).toEqual(old)
    })
  })

  test("may hold compressed layers, which are named by what they are", async () => {
    const packed = gzipSync(base)
    const frames = Buffer.concat([
      zstdCompressSync(app.subarray(0, 512)),
      zstdCompressSync(app.subarray(512)),
    ])
    const files = [
      { name: "config.json", data: configOf(base, app) },
      { name: "one.tar.gz", data: packed },
      { name: "two.tar.zst", data: frames },
    ]
    const image = { ...saved, Layers: ["one.tar.gz", "two.tar.zst"] }
    await withArchive(archiveOf([image], files), async (archive) => {
      const { manifest } = await manifestOf(archive)
      expect(manifest.layers).toEqual([
        { mediaType: MediaType.ociLayerGzip, digest: digestOf(packed), size: packed.length },
        { mediaType: MediaType.ociLayerZstd, digest: digestOf(frames), size: frames.length },
      ])
      expect((await collect(archive.fetch(manifest.layers[0]))).length).toBe(packed.length)
    })
  })

  test("with compressed blobs of a layout believes their names, and verifies them when they are read", async () => {
    const packed = gzipSync(base)
    const name = `blobs/sha256/${digestHex(digestOf(packed))}`
    const image = { ...saved, Layers: [name] }
    for (const data of [packed, gzipSync(app)]) {
      const files = [
        { name: "config.json", data: configOf(base) },
        { name, data },
      ]
      await withArchive(archiveOf([image], files), async (archive) => {
        const { manifest } = await manifestOf(archive)
        expect(manifest.layers[0]).toMatchObject({ digest: digestOf(packed), size: data.length })
        const fetch = collect(archive.fetch(manifest.layers[0]))
        if (data === packed) expect((await fetch).length).toBe(packed.length)
        else await expect(fetch).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
      })
    }
  })

  test("gives the image of a tag, however the tag is written", async () => {
    const other = configOf(app)
    const images: Saved[] = [
      { ...saved, RepoTags: ["acme/web:1.2", "busybox:latest", "<none>:<none>"] },
      { Config: "other.json", RepoTags: ["127.0.0.1:5000/api:v1"], Layers: ["bbb/layer.tar"] },
      { Config: "other.json", RepoTags: null, Layers: ["bbb/layer.tar"] },
    ]
    const files = [...oldStyle, { name: "other.json", data: other }]
    await withArchive(archiveOf(images, files), async (archive) => {
      const web = await archive.resolve("acme/web:1.2")
      expect(await archive.resolve("docker.io/acme/web:1.2")).toEqual(web)
      expect(await archive.resolve("busybox")).toEqual(web)
      expect(await archive.resolve("docker.io/library/busybox:latest")).toEqual(web)
      const api = await archive.resolve("127.0.0.1:5000/api:v1")
      expect(api.digest).not.toBe(web.digest)
      await expect(archive.resolve("")).rejects.toMatchObject({
        code: "IMAGE_NOT_NAMED",
        hint: 'name one of: "acme/web:1.2", "busybox:latest", "<none>:<none>", "127.0.0.1:5000/api:v1"',
      })
      await expect(archive.resolve("acme/web")).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
      const pinned = `acme/web:1.2@${web.digest}`
      await expect(archive.resolve(pinned)).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
      await expect(archive.resolve(digestOf(other))).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
      await expect(archive.resolve("no tag!")).rejects.toMatchObject({ code: "INVALID_REFERENCE" })
    })
  })

  test("may hold an image without layers", async () => {
    for (const Layers of [[], null]) {
      const files = [{ name: "config.json", data: configOf() }]
      await withArchive(archiveOf([{ Config: "config.json", Layers }], files), async (archive) => {
        expect((await manifestOf(archive)).manifest.layers).toEqual([])
      })
    }
  })

  test("gives ranges of layers and of documents", async () => {
    await withArchive(archiveOf([saved], oldStyle), async (archive) => {
      const { manifest } = await manifestOf(archive)
      for (const [descriptor, bytes] of [
        [manifest.config, config],
        [manifest.layers[0], base],
      ]) {
        const part = await collect(archive.fetch(descriptor, { range: { offset: 10, length: 20 } }))
        expect(Buffer.from(part).equals(bytes.subarray(10, 30))).toBe(true)
        const end = archive.fetch(descriptor, { range: { offset: bytes.length } })
        expect(await Array.fromAsync(end)).toEqual([])
      }
    })
  })
})

describe("what is wrong in the archive is told", () => {
  const replaced = (name: string, data: string | Uint8Array) =>
    oldStyle.map((file) => (file.name === name ? { name, data } : file))
  const without = (name: string) => oldStyle.filter((file) => file.name !== name)
  const link = (name: string, linkName: string) => rawEntry({ name, typeFlag: "2", linkName })
  const gzipped = { ...saved, Layers: ["aaa/layer.tar", "bbb.gz"] }

  test.each<[string, Buffer, object]>([
    ["no manifest.json", writeArchive([{ name: "a", data: "" }]), { code: "UNSUPPORTED_ARCHIVE" }],
    [
      "an oci-archive",
      writeArchive([{ name: "oci-layout", data: "{}" }]),
      { code: "UNSUPPORTED_ARCHIVE", hint: "name it oci-archive:FILE" },
    ],
    [
      "a manifest.json of another form",
      writeArchive([{ name: "manifest.json", data: "{}" }]),
      { code: "INVALID_DOCUMENT" },
    ],
    ["no image", archiveOf([], []), { code: "CONTENT_NOT_FOUND", hint: "no image in it has a name" }],
    ["a config that is missing", archiveOf([saved], without("config.json")), { code: "UNSUPPORTED_ARCHIVE" }],
    [
      "a config without diff_ids",
      archiveOf([saved], replaced("config.json", "{}")),
      { code: "INVALID_DOCUMENT", message: expect.stringContaining("rootfs") },
    ],
    [
      "a diff_id that is no digest",
      archiveOf([saved], replaced("config.json", '{"rootfs":{"diff_ids":["md5:1","x"]}}')),
      { code: "INVALID_DIGEST" },
    ],
    [
      "more layers than diff_ids",
      archiveOf([saved], replaced("config.json", configOf(base))),
      {
        code: "UNSUPPORTED_ARCHIVE",
        message: expect.stringContaining('names 2 layers, "config.json" names 1'),
      },
    ],
    [
      "a layer that is missing",
      archiveOf([saved], without("aaa/layer.tar")),
      {
        code: "UNSUPPORTED_ARCHIVE",
        message: expect.stringContaining('"aaa/layer.tar", which manifest.json names'),
      },
    ],
    [
      "a layer that is a folder",
      archiveOf([saved], without("aaa/layer.tar"), [rawEntry({ name: "aaa/layer.tar", typeFlag: "5" })]),
      { code: "UNSUPPORTED_ARCHIVE", message: expect.stringContaining("is a directory") },
    ],
    [
      "a layer that is there twice",
      archiveOf([saved], [...oldStyle, { name: "aaa/layer.tar", data: "other" }]),
      { code: "UNSUPPORTED_ARCHIVE", message: expect.stringContaining("more than once") },
    ],
    [
      "links that go round in a circle",
      archiveOf([saved], without("aaa/layer.tar"), [
        link("aaa/layer.tar", "../ccc/layer.tar"),
        link("ccc/layer.tar", "../aaa/layer.tar"),
      ]),
      { code: "UNSUPPORTED_ARCHIVE", message: expect.stringContaining("lead nowhere") },
    ],
    [
      "a link out of the archive",
      archiveOf([saved], without("aaa/layer.tar"), [link("aaa/layer.tar", "../../../../etc/passwd")]),
      { code: "UNSUPPORTED_ARCHIVE", message: expect.stringContaining("is missing") },
    ],
    [
      "an absolute link",
      archiveOf([saved], without("aaa/layer.tar"), [link("aaa/layer.tar", "/etc/passwd")]),
      { code: "UNSUPPORTED_ARCHIVE", message: expect.stringContaining("is missing") },
    ],
    [
      "a compressed layer that unpacks to something else",
      archiveOf([gzipped], [...oldStyle, { name: "bbb.gz", data: gzipSync(base) }]),
      { code: "DIGEST_MISMATCH", message: expect.stringContaining('"bbb.gz" unpacked') },
    ],
    [
      "a compressed layer that is cut off",
      archiveOf([gzipped], [...oldStyle, { name: "bbb.gz", data: gzipSync(app).subarray(0, 30) }]),
      { code: "UNSUPPORTED_ARCHIVE", message: expect.stringContaining("not valid gzip") },
    ],
  ])("%s", async (_, bytes, error) => {
    const work = async () => {
      await withArchive(bytes, async (archive) => void (await archive.resolve("")))
    }
    await expect(work()).rejects.toMatchObject(error)
  })

  test("a layer that was altered, when it is read", async () => {
    const altered = Buffer.from(base)
    altered[1000] = 1
    await withArchive(archiveOf([saved], replaced("aaa/layer.tar", altered)), async (archive) => {
      const { manifest } = await manifestOf(archive)
      await expect(collect(archive.fetch(manifest.layers[0]))).rejects.toMatchObject({
        code: "DIGEST_MISMATCH",
        message: expect.stringContaining("aaa/layer.tar"),
      })
    })
  })

  test("content that no resolved image names", async () => {
    await withArchive(archiveOf([saved], oldStyle), async (archive) => {
      const layer = { mediaType: MediaType.ociLayer, digest: digestOf(base), size: base.length }
      await expect(collect(archive.fetch(layer))).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
    })
  })

  test("an abort while a compressed layer is hashed", async () => {
    const files = [...oldStyle, { name: "bbb.gz", data: gzipSync(app) }]
    await withArchive(archiveOf([gzipped], files), async (archive) => {
      const aborted = { signal: AbortSignal.abort(new Error("enough")) }
      await expect(archive.resolve("", aborted)).rejects.toThrow("enough")
    })
  })
})

test("an archive without an end is refused, one with more zeros behind it is not", async () => {
  const bytes = archiveOf([saved], oldStyle)
  await expect(open(bytes.subarray(0, -1024))).rejects.toMatchObject({ code: "TRUNCATED" })
  await withArchive(Buffer.concat([bytes, END]), async (archive) => void (await archive.resolve("")))
})
