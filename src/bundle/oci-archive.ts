import { ContentError } from "../content/content-error.ts"
import type { FetchOptions, OperationOptions } from "../content/interfaces.ts"
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts"
import { type Digest, isDigest } from "../oci/digest.ts"
import {
  blobPath,
  INDEX_FILE,
  LAYOUT_FILE,
  parseLayoutFile,
  parseLayoutIndex,
  REF_NAME,
} from "../oci/image-layout.ts"
import { detectMediaType } from "../oci/manifest.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { type ArchivedFile, ArchivedFiles, type ImageArchive, imageNotFound } from "./image-archive.ts"

/** Docker and containerd write the tag as `ref.name` and the whole reference here. */
const CONTAINERD_NAME = "io.containerd.image.name"

/**
 * Opens an image layout in a tar file, of any tool (image-spec 1.1, image-layout.md): the order of entries is free,
 * and folders are passed over. Throws `ArchiveError`, `UNSUPPORTED_ARCHIVE` where there is no layout in it, and
 * `INVALID_DOCUMENT`.
 */
export async function openOciArchive(path: string, options: OperationOptions = {}): Promise<ImageArchive> {
  const files = await ArchivedFiles.open(path, options)
  try {
    const read = async (name: string) => {
      const file = files.find(name)
      if (file !== undefined) return files.readDocument(file, options)
      const hint = files.has("manifest.json") ? "name it docker-archive:FILE" : undefined
      throw files.unsupported(`it is no oci-archive: ${name} is missing`, hint)
    }
    parseLayoutFile(await read(LAYOUT_FILE), `${path}: ${LAYOUT_FILE}`)
    return new OciArchive(files, parseLayoutIndex(await read(INDEX_FILE)))
  } catch (error) {
    await files.close()
    throw error
  }
}

class OciArchive implements ImageArchive {
  readonly #files: ArchivedFiles
  readonly #index: readonly Descriptor[]

  constructor(files: ArchivedFiles, index: readonly Descriptor[]) {
    this.#files = files
    this.#index = index
  }

  /**
   * Resolves a name or a digest; an empty text means the only image there is. Throws `CONTENT_NOT_FOUND`, and
   * `IMAGE_NOT_NAMED` when several images fit.
   */
  async resolve(reference: string, options: OperationOptions = {}): Promise<Descriptor> {
    if (isDigest(reference)) return this.#resolveDigest(reference, options)
    const fits = (entry: Descriptor) =>
      reference === "" ? isManifestMediaType(entry.mediaType) : namesOf(entry).includes(reference)
    const found = new Map(this.#index.filter(fits).map((entry) => [entry.digest, entry]))
    const [first] = found.values()
    if (first !== undefined && found.size === 1) return plainDescriptor(first)
    const choice = first === undefined ? this.#index : [...found.values()]
    const names = choice.map((entry) => namesOf(entry).find((name) => name !== reference) ?? entry.digest)
    throw imageNotFound(this.#files.path, reference, found.size, names)
  }

  async *fetch(descriptor: Descriptor, options: FetchOptions = {}): AsyncGenerator<Uint8Array> {
    yield* this.#files.fetch(this.#blob(descriptor.digest), descriptor, options)
  }

  close(): Promise<void> {
    return this.#files.close()
  }

  async #resolveDigest(digest: Digest, options: OperationOptions): Promise<Descriptor> {
    const listed = this.#index.find((entry) => entry.digest === digest)
    if (listed !== undefined) return plainDescriptor(listed)
    const file = this.#blob(digest)
    const bytes = await this.#files.readDocument(file, options)
    return { mediaType: detectMediaType(bytes, `${this.#files.path}: ${digest}`), digest, size: file.size }
  }

  /** A link could lead one digest to two blobs, or out of the archive: it is refused. */
  #blob(digest: Digest): ArchivedFile {
    const file = this.#files.find(blobPath(digest))
    if (file !== undefined) return file
    throw new ContentError("CONTENT_NOT_FOUND", `${this.#files.path} does not hold ${digest}`, {
      hint: "the archive is not complete; write it again where it was made",
    })
  }
}

function namesOf(entry: Descriptor): string[] {
  const names = [entry.annotations?.[REF_NAME], entry.annotations?.[CONTAINERD_NAME]]
  return names.filter((name) => name !== undefined)
}
