import { statSync } from "node:fs"
import { open, stat } from "node:fs/promises"
import { join } from "node:path"
import { ContentError } from "../content/content-error.ts"
import { readFileRange } from "../content/file-range.ts"
import type { ContentFetcher, FetchOptions, OperationOptions } from "../content/interfaces.ts"
import { collect } from "../content/read-document.ts"
import { verified } from "../content/verifying-reader.ts"
import { hasCode } from "../errors/system-error.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { blobPath } from "../oci/image-layout.ts"
import { MAX_DOCUMENT_SIZE } from "../oci/json.ts"
import { detectMediaType } from "../oci/manifest.ts"

/**
 * The blobs of an image layout, read only. Symbolic links are followed wherever they point, since build tools make
 * layouts of links into their caches: the digest proves the content, so a link cannot bring in anything else. Only
 * regular files are read.
 */
export class BlobFiles implements ContentFetcher {
  readonly #root: string
  readonly #damageHint: string | undefined

  /** `damageHint` says what to do when a blob is not what its name says. */
  constructor(root: string, damageHint?: string) {
    this.#root = root
    this.#damageHint = damageHint
  }

  path(digest: Digest): string {
    return join(this.#root, blobPath(digest))
  }

  /** Whether the blob is there with the size that it should have. A file of another size is damaged. */
  async exists(descriptor: Descriptor): Promise<boolean> {
    return (await this.size(descriptor.digest)) === descriptor.size
  }

  /** In bytes; `undefined` where there is no such blob. */
  async size(digest: Digest): Promise<number | undefined> {
    return (await this.#stat(digest))?.size
  }

  /** Another one when the file is replaced. At once, for what must not change meanwhile. */
  version(digest: Digest): string | undefined {
    const found = statSync(this.path(digest), { throwIfNoEntry: false, bigint: true })
    return found && `${found.ino}/${found.mtimeNs}/${found.ctimeNs}`
  }

  /** At once, as well. */
  isFile(digest: Digest): boolean {
    try {
      return statSync(this.path(digest)).isFile()
    } catch {
      return false
    }
  }

  async *fetch(
    descriptor: Descriptor,
    options: FetchOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { range, unhashed } = options
    options.signal?.throwIfAborted()
    const path = this.path(descriptor.digest)
    const found = await this.#stat(descriptor.digest)
    if (found === undefined) throw this.#missing(descriptor.digest)
    await using file = await open(path, "r")
    if (range === undefined) {
      const chunks = readFileRange(file, 0, found.size, options)
      yield* verified(descriptor, chunks, path, { hint: this.#damageHint, unhashed })
    } else {
      const end = range.length === undefined ? found.size : Math.min(found.size, range.offset + range.length)
      yield* readFileRange(file, range.offset, end, options)
    }
  }

  /** Finds the type and size of a manifest that is known by its digest. Throws `CONTENT_NOT_FOUND`. */
  async resolve(digest: Digest, options: OperationOptions = {}): Promise<Descriptor> {
    const found = await this.#stat(digest)
    if (found === undefined) throw this.#missing(digest)
    if (found.size > MAX_DOCUMENT_SIZE) {
      throw new ContentError("CONTENT_NOT_FOUND", `${digest} in ${this.#root} is too large to be a manifest`)
    }
    const descriptor = { mediaType: "application/octet-stream", digest, size: found.size }
    const bytes = await collect(this.fetch(descriptor, options))
    return { ...descriptor, mediaType: detectMediaType(bytes, this.path(digest)) }
  }

  /**
   * A pipe or a device in the place of a blob would block or never end: it counts as missing, and is not opened. So does a
   * link in a loop.
   */
  async #stat(digest: Digest): Promise<{ size: number } | undefined> {
    try {
      const found = await stat(this.path(digest))
      return found.isFile() ? found : undefined
    } catch (error) {
      if (["ENOENT", "ENOTDIR", "ELOOP"].some((code) => hasCode(error, code))) return undefined
      throw error
    }
  }

  #missing(digest: Digest): ContentError {
    return new ContentError("CONTENT_NOT_FOUND", `${digest} is not in ${this.#root}`, {
      hint: "the layout is incomplete: bring the image or release there again",
    })
  }
}
