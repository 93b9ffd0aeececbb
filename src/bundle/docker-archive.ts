import { createHash } from "node:crypto"
import { pipeline } from "node:stream/promises"
import { createGunzip } from "node:zlib"
import { z } from "zod"
import { ContentError } from "../content/content-error.ts"
import type { FetchOptions, OperationOptions } from "../content/interfaces.ts"
import { bodyOf, collect } from "../content/read-document.ts"
import { verified } from "../content/verifying-reader.ts"
import { quote } from "../errors/quote.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { type Digest, digestAlgorithm, digestOf, finishDigest, isDigest, parseDigest } from "../oci/digest.ts"
import { LAYOUT_FILE } from "../oci/image-layout.ts"
import { canonicalJson, parseJson } from "../oci/json.ts"
import { MediaType } from "../oci/media-types.ts"
import { parseReference, printReference } from "../oci/reference.ts"
import { type ArchivedFile, ArchivedFiles, type ImageArchive, imageNotFound } from "./image-archive.ts"

const MANIFEST_FILE = "manifest.json"
const CHUNK_SIZE = 1024 * 1024

const manifestSchema = z.array(
  z.object({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()).nullish(),
  }),
)
const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) })

type SavedImage = z.output<typeof manifestSchema>[number]

/**
 * Opens an archive of `docker save` (Docker Image Specification v1.2, "Combined Image JSON + Filesystem Changeset
 * Format"), also the ones of newer engines that are image layouts besides. Throws `ArchiveError`,
 * `UNSUPPORTED_ARCHIVE` where there is no such thing in it, and `INVALID_DOCUMENT`.
 */
export async function openDockerArchive(path: string, options: OperationOptions = {}): Promise<ImageArchive> {
  const files = await ArchivedFiles.open(path, options)
  try {
    const file = files.find(MANIFEST_FILE, { follow: true })
    if (file === undefined) {
      const hint = files.has(LAYOUT_FILE) ? "name it oci-archive:FILE" : undefined
      throw files.unsupported(`it is no docker-archive: ${MANIFEST_FILE} is missing`, hint)
    }
    const bytes = await files.readDocument(file, options)
    return new DockerArchive(files, parseJson(bytes, `${path}: ${MANIFEST_FILE}`, manifestSchema))
  } catch (error) {
    await files.close()
    throw error
  }
}

/**
 * Such an archive has no OCI manifest. One is made that names the config as it is and the layers as they lie there,
 * so the same image gives the same manifest every time. Content is known once its image has been resolved.
 */
class DockerArchive implements ImageArchive {
  readonly #files: ArchivedFiles
  readonly #images: readonly SavedImage[]
  readonly #manifests = new Map<Digest, Descriptor>()
  readonly #blobs = new Map<Digest, ArchivedFile | Uint8Array>()

  constructor(files: ArchivedFiles, images: readonly SavedImage[]) {
    this.#files = files
    this.#images = images
  }

  /**
   * Resolves a tag of the archive, `latest` where none is given, or the digest of an image resolved before; an empty
   * text means the only image there is. Throws `CONTENT_NOT_FOUND`, and `IMAGE_NOT_NAMED` when several images fit.
   */
  async resolve(reference: string, options: OperationOptions = {}): Promise<Descriptor> {
    const known = isDigest(reference) ? this.#manifests.get(reference) : undefined
    return known ?? this.#read(this.#select(reference), options)
  }

  async *fetch(descriptor: Descriptor, options: FetchOptions = {}): AsyncGenerator<Uint8Array> {
    options.signal?.throwIfAborted()
    const blob = this.#blobs.get(descriptor.digest)
    if (blob === undefined) {
      throw new ContentError("CONTENT_NOT_FOUND", `${this.#files.path} does not hold ${descriptor.digest}`)
    }
    if (!(blob instanceof Uint8Array)) return yield* this.#files.fetch(blob, descriptor, options)
    const { offset, length = blob.length } = options.range ?? { offset: 0 }
    const chunks = bodyOf(blob.subarray(0, offset + length))(offset)
    yield* options.range ? chunks : verified(descriptor, chunks, this.#files.path)
  }

  close(): Promise<void> {
    return this.#files.close()
  }

  #select(reference: string): SavedImage {
    const wanted = reference === "" || isDigest(reference) ? undefined : normalized(reference)
    const fitting = this.#images.filter(
      (image) => reference === "" || (wanted !== undefined && tagsOf(image).includes(wanted)),
    )
    const [first] = fitting
    if (first !== undefined && fitting.length === 1) return first
    const names = this.#images.flatMap((image) => image.RepoTags ?? [])
    throw imageNotFound(this.#files.path, reference, fitting.length, names)
  }

  async #read(image: SavedImage, options: OperationOptions): Promise<Descriptor> {
    const configBytes = await this.#files.readDocument(this.#file(image.Config), options)
    const what = `${this.#files.path}: ${quote(image.Config)}`
    const diffIds = parseJson(configBytes, what, configSchema).rootfs.diff_ids.map(parseDigest)
    const paths = image.Layers ?? []
    if (paths.length !== diffIds.length) {
      throw this.#files.unsupported(
        `${MANIFEST_FILE} names ${paths.length} layers, ${quote(image.Config)} names ${diffIds.length}`,
      )
    }
    const config = this.#store(MediaType.ociConfig, configBytes)
    const layers: Descriptor[] = []
    for (const [at, diffId] of diffIds.entries()) {
      const file = this.#file(paths[at] ?? "")
      const layer = await this.#layer(file, diffId, options)
      this.#blobs.set(layer.digest, file)
      layers.push(layer)
    }
    const mediaType = MediaType.ociManifest
    const manifest = this.#store(mediaType, canonicalJson({ schemaVersion: 2, mediaType, config, layers }))
    this.#manifests.set(manifest.digest, manifest)
    return manifest
  }

  /** A plain layer has the digest that the config gives it, so it is not read before it is fetched, and verified then. */
  async #layer(file: ArchivedFile, diffId: Digest, options: OperationOptions): Promise<Descriptor> {
    const { size } = file
    const mediaType = layerType(
      await collect(this.#files.read(file, { ...options, range: { offset: 0, length: 4 } })),
    )
    if (mediaType === MediaType.ociLayer) return { mediaType, digest: diffId, size }
    const digest = digestInPath(file.name) ?? (await this.#hash(file, mediaType, diffId, options))
    return { mediaType, digest, size }
  }

  /**
   * Hashes a compressed layer that nothing in the archive gives a digest. What it unpacks to must be the config's
   * layer; of zstd this is not checked, as Node reads only the first of several frames.
   */
  async #hash(
    file: ArchivedFile,
    mediaType: string,
    diffId: Digest,
    options: OperationOptions,
  ): Promise<Digest> {
    const packed = createHash("sha256")
    const chunks = this.#files.read(file, options)
    if (mediaType === MediaType.ociLayerZstd) {
      for await (const chunk of chunks) packed.update(chunk)
      return finishDigest("sha256", packed)
    }
    const plain = createHash(digestAlgorithm(diffId))
    const hashed = async function* () {
      for await (const chunk of chunks) {
        packed.update(chunk)
        yield chunk
      }
    }
    const unpack = createGunzip({ chunkSize: CHUNK_SIZE })
    const consume = async (unpacked: AsyncIterable<Uint8Array>) => {
      for await (const chunk of unpacked) plain.update(chunk)
    }
    try {
      await pipeline(hashed, unpack, consume, options.signal === undefined ? {} : { signal: options.signal })
    } catch (cause) {
      options.signal?.throwIfAborted()
      if (!isZlibError(cause)) throw cause
      throw this.#files.unsupported(`the layer ${quote(file.name)} is not valid gzip: ${cause.message}`)
    }
    const found = finishDigest(digestAlgorithm(diffId), plain)
    if (found === diffId) return finishDigest("sha256", packed)
    throw new ContentError(
      "DIGEST_MISMATCH",
      `${this.#files.path}, ${quote(file.name)} unpacked: expected ${diffId}, found ${found}`,
      { hint: "the archive was altered or damaged on its way; get it again from where it was made" },
    )
  }

  #file(name: string): ArchivedFile {
    const file = this.#files.find(name, { follow: true })
    if (file !== undefined) return file
    throw this.#files.unsupported(`${quote(name)}, which ${MANIFEST_FILE} names, is missing`)
  }

  #store(mediaType: string, bytes: Uint8Array): Descriptor {
    const digest = digestOf(bytes)
    this.#blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
}

function layerType(start: Uint8Array): string {
  const magic = Buffer.from(start).toString("hex")
  if (magic.startsWith("1f8b")) return MediaType.ociLayerGzip
  return magic === "28b52ffd" ? MediaType.ociLayerZstd : MediaType.ociLayer
}

/** Engines that keep images as layouts save compressed layers as blobs, under the digests that they have. */
function digestInPath(name: string): Digest | undefined {
  const match = /^blobs\/([^/]+)\/([^/]+)$/.exec(name)
  const text = `${match?.[1]}:${match?.[2]}`
  return isDigest(text) ? text : undefined
}

function tagsOf(image: SavedImage): string[] {
  return (image.RepoTags ?? []).flatMap((tag) => {
    try {
      return [normalized(tag)]
    } catch {
      return []
    }
  })
}

function normalized(text: string): string {
  const reference = parseReference(text)
  return printReference({ ...reference, tag: reference.tag ?? "latest" })
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_")
}
