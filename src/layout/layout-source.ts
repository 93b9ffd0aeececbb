import { join } from "node:path"
import { ContentError } from "../content/content-error.ts"
import type { ContentSource, FetchOptions, OperationOptions } from "../content/interfaces.ts"
import { quoteUnlessPlain } from "../errors/quote.ts"
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts"
import { isDigest } from "../oci/digest.ts"
import { LAYOUT_FILE, parseLayoutFile } from "../oci/image-layout.ts"
import { isManifestMediaType } from "../oci/media-types.ts"
import { BlobFiles } from "./blob-files.ts"
import { readIndexFile, readSmallFile, refName } from "./index-file/index-file.ts"
import { LayoutError } from "./layout-error.ts"

const MAX_LAYOUT_FILE_SIZE = 64 * 1024
const NAMES_SHOWN = 20

/**
 * Opens an image layout that some tool wrote, to read images from it. Throws `NOT_A_LAYOUT` for a folder that is
 * none, `INVALID_DOCUMENT` for a version that is not 1.0.0.
 */
export async function openLayout(path: string): Promise<LayoutSource> {
  const layoutFile = join(path, LAYOUT_FILE)
  parseLayoutFile(await readSmallFile(layoutFile, MAX_LAYOUT_FILE_SIZE), layoutFile)
  return new LayoutSource(path)
}

/** The images of an image layout (image-spec 1.1, image-layout.md). */
export class LayoutSource implements ContentSource {
  readonly #path: string
  readonly #blobs: BlobFiles

  constructor(path: string) {
    this.#path = path
    this.#blobs = new BlobFiles(path)
  }

  /**
   * Resolves a name (`org.opencontainers.image.ref.name`) or a digest; an empty text means the only image there is.
   * Throws `CONTENT_NOT_FOUND`, and `IMAGE_NOT_NAMED` when several images fit.
   */
  async resolve(reference: string, options: OperationOptions = {}): Promise<Descriptor> {
    options.signal?.throwIfAborted()
    if (isDigest(reference)) return this.#blobs.resolve(reference, options)
    const { manifests } = await readIndexFile(this.#path)
    const fits = (entry: Descriptor) =>
      reference === "" ? isManifestMediaType(entry.mediaType) : refName(entry) === reference
    const found = new Map(manifests.filter(fits).map((entry) => [entry.digest, entry]))
    const [first] = found.values()
    const images = reference === "" ? "image" : `image "${reference}"`
    if (first === undefined) {
      const names = manifests.map((entry) => refName(entry) ?? entry.digest)
      throw new ContentError("CONTENT_NOT_FOUND", `${this.#path} has no ${images}`, { hint: choose(names) })
    }
    if (found.size === 1) return plainDescriptor(first)
    const names = [...found.values()].map((entry) => (reference === "" && refName(entry)) || entry.digest)
    throw new LayoutError("IMAGE_NOT_NAMED", `${this.#path} has more than one ${images}`, {
      hint: choose(names),
    })
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array> {
    return this.#blobs.fetch(descriptor, options)
  }
}

function choose(names: readonly string[]): string {
  if (names.length === 0) return "the layout is empty: write an image into it"
  const others = names.length - NAMES_SHOWN
  return `name one of: ${names.slice(0, NAMES_SHOWN).map(quoteUnlessPlain).join(", ")}${others > 0 ? ` and ${others} more` : ""}`
}
