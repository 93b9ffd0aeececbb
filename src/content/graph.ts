import { quoteUnlessPlain } from "../errors/quote.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { type Manifest, parseManifest } from "../oci/manifest.ts"
import { isImageManifestMediaType, isIndexMediaType, isManifestMediaType } from "../oci/media-types.ts"
import { OciError } from "../oci/oci-error.ts"
import { forEachConcurrent } from "./concurrency.ts"
import { ContentError } from "./content-error.ts"
import type { ContentFetcher, OperationOptions } from "./interfaces.ts"
import { readDocument } from "./read-document.ts"
import { LIMIT_HINT, RELEASE_LIMITS } from "./release-limits.ts"

const DOCUMENTS_AT_ONCE = 8

/** A manifest or an index as it is stored. */
export class GraphDocument {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array

  constructor(descriptor: Descriptor, bytes: Uint8Array) {
    this.descriptor = descriptor
    this.bytes = bytes
  }

  /** Parsed anew each time: thousands of them, kept, would take many times the memory that their bytes do. */
  get manifest(): Manifest {
    const { mediaType, digest } = this.descriptor
    return parseManifest(this.bytes, mediaType, `${quoteUnlessPlain(mediaType)} ${digest}`)
  }
}

/**
 * Everything that a manifest or index needs, each once, sorted into four groups, in each group in the order of first
 * reference. Documents are added from the root on: all indexes before the manifests that they name. The order does
 * not depend on when content arrived, so it can be a file's order.
 */
export class Graph {
  readonly indexes: Descriptor[] = []
  readonly manifests: Descriptor[] = []
  readonly configs: Descriptor[] = []
  readonly layers: Descriptor[] = []
  readonly root: Descriptor
  readonly #documents = new Map<Digest, GraphDocument>()
  /** What each index names. */
  readonly #children = new Map<Digest, readonly Descriptor[]>()
  readonly #seenDocuments = new Map<Digest, Descriptor>()
  readonly #seenBlobs = new Map<Digest, Descriptor>()
  /** A hundred thousand layers have as many copies of one text, as they were parsed. */
  readonly #mediaTypes = new Map<string, string>()
  #documentBytes = 0

  constructor(root: Descriptor) {
    const group = isImageManifestMediaType(root.mediaType) ? this.manifests : this.indexes
    this.root = this.#referToDocument(root, group)
  }

  /** Adds a document that the graph names, and sorts in what it refers to. Throws `LIMIT_EXCEEDED` and what parsing throws. */
  add(descriptor: Descriptor, bytes: Uint8Array): void {
    const document = new GraphDocument(descriptor, bytes)
    const { manifest } = document
    this.#documents.set(descriptor.digest, document)
    if (manifest.kind === "index") {
      this.#children.set(
        descriptor.digest,
        manifest.manifests.map((child) =>
          this.#referToDocument(child, isIndexMediaType(child.mediaType) ? this.indexes : this.manifests),
        ),
      )
    } else {
      this.#referToBlob(manifest.config, this.configs)
      for (const layer of manifest.layers) this.#referToBlob(layer, this.layers)
    }
  }

  /** A document that has been added. */
  document(digest: Digest): GraphDocument {
    const document = this.#documents.get(digest)
    if (!document) throw new ContentError("CONTENT_NOT_FOUND", `${digest} is not a manifest of this graph`)
    return document
  }

  /** The bytes of a document that has been added. */
  bytesOf(digest: Digest): Uint8Array | undefined {
    return this.#documents.get(digest)?.bytes
  }

  /** All documents, each after everything that it refers to, the root last. */
  documentsChildrenFirst(): GraphDocument[] {
    const ordered = new Set<GraphDocument>()
    const path = [{ document: this.document(this.root.digest), next: 0 }]
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const child = this.#children.get(top.document.descriptor.digest)?.[top.next++]
      if (child === undefined) {
        ordered.add(top.document)
        path.pop()
      } else {
        const document = this.document(child.digest)
        if (!ordered.has(document)) path.push({ document, next: 0 })
      }
    }
    return [...ordered]
  }

  /** Checks a graph whose documents have all been added. Throws `LIMIT_EXCEEDED`. */
  checkNesting(): void {
    const levels = new Map<Digest, number>()
    for (const { descriptor } of this.documentsChildrenFirst()) {
      const children = this.#children.get(descriptor.digest)
      const below = children?.reduce((most, { digest }) => Math.max(most, levels.get(digest) ?? 0), 0)
      levels.set(descriptor.digest, below === undefined ? 0 : below + 1)
    }
    const { nesting } = RELEASE_LIMITS
    if ((levels.get(this.root.digest) ?? 0) > nesting) throw this.#exceeds(`${nesting} indexes in each other`)
  }

  #referToDocument(descriptor: Descriptor, group: Descriptor[]): Descriptor {
    const known = this.#find(descriptor, true)
    if (known !== undefined) return known
    const added = this.#remember(descriptor, group, true)
    const { manifests, manifestBytes } = RELEASE_LIMITS
    this.#documentBytes += added.size
    if (this.#documentBytes > manifestBytes) throw this.#exceeds(`${manifestBytes} bytes of manifests`)
    if (this.indexes.length + this.manifests.length > manifests) throw this.#exceeds(`${manifests} manifests`)
    return added
  }

  #referToBlob(descriptor: Descriptor, group: Descriptor[]): void {
    // A registry keeps what has such a type under its manifests: as a blob it could not be pushed.
    if (isManifestMediaType(descriptor.mediaType)) {
      throw new OciError(
        "INVALID_DOCUMENT",
        `${descriptor.digest} is named as a configuration or a layer, with the media type of a manifest`,
      )
    }
    if (this.#find(descriptor, false) !== undefined) return
    this.#remember(descriptor, group, false)
    const { blobs } = RELEASE_LIMITS
    if (this.configs.length + this.layers.length > blobs)
      throw this.#exceeds(`${blobs} configurations and layers`)
  }

  #remember(descriptor: Descriptor, group: Descriptor[], isDocument: boolean): Descriptor {
    const { mediaType, digest, size } = descriptor
    const plain = { mediaType: this.#mediaTypes.get(mediaType) ?? mediaType, digest, size }
    this.#mediaTypes.set(mediaType, plain.mediaType)
    const seen = isDocument ? this.#seenDocuments : this.#seenBlobs
    seen.set(digest, plain)
    group.push(plain)
    return plain
  }

  #find({ digest, size }: Descriptor, isDocument: boolean): Descriptor | undefined {
    const [asDocument, asBlob] = [this.#seenDocuments.get(digest), this.#seenBlobs.get(digest)]
    const seen = asDocument ?? asBlob
    if (seen === undefined) return undefined
    if (seen.size !== size) {
      throw new ContentError("SIZE_MISMATCH", `${digest} is named with ${seen.size} and with ${size} bytes`)
    }
    if (seen !== (isDocument ? asDocument : asBlob)) {
      throw new ContentError("DIGEST_MISMATCH", `${digest} is named both as a manifest and as a blob`)
    }
    return seen
  }

  #exceeds(what: string): ContentError {
    return new ContentError("LIMIT_EXCEEDED", `${this.root.digest} needs more than ${what}`, {
      hint: LIMIT_HINT,
    })
  }
}

/** Reads all manifests from the root down and returns the whole graph. Throws `LIMIT_EXCEEDED` and what reading and parsing throw. */
export async function loadGraph(
  source: ContentFetcher,
  root: Descriptor,
  options: OperationOptions = {},
): Promise<Graph> {
  const graph = new Graph(root)
  for (const index of graph.indexes) graph.add(index, await readDocument(source, index, options))
  const bytes: Uint8Array[] = []
  await forEachConcurrent(
    graph.manifests.entries(),
    DOCUMENTS_AT_ONCE,
    options.signal,
    async ([at, manifest], signal) => {
      bytes[at] = await readDocument(source, manifest, { signal })
    },
  )
  for (const [at, manifest] of [...graph.manifests].entries()) graph.add(manifest, bytes[at] as Uint8Array)
  graph.checkNesting()
  return graph
}
