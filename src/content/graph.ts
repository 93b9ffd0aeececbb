import { quoteUnlessPlain } from "../errors/quote.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { type Manifest, parseManifest, successors } from "../oci/manifest.ts"
import { isImageManifestMediaType, isIndexMediaType } from "../oci/media-types.ts"
import { forEachConcurrent } from "./concurrency.ts"
import { ContentError } from "./content-error.ts"
import type { ContentFetcher, OperationOptions } from "./interfaces.ts"
import { readDocument } from "./read-document.ts"

/** Manifests of one graph are kept in memory; more than this, in bytes, is refused before they are read. */
const MAX_DOCUMENTS_SIZE = 64 * 1024 * 1024
/** Indexes can be nested; this bounds the depth too. */
const MAX_DOCUMENTS = 4096
const DOCUMENTS_AT_ONCE = 8

export interface GraphDocument {
  descriptor: Descriptor
  bytes: Uint8Array
  manifest: Manifest
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
  readonly #seen = new Map<Digest, { size: number; isDocument: boolean }>()
  #documentBytes = 0

  constructor(root: Descriptor) {
    this.root = root
    this.#refer(root, isImageManifestMediaType(root.mediaType) ? this.manifests : this.indexes, true)
  }

  /** Adds a document that the graph names, and sorts in what it refers to. */
  add(descriptor: Descriptor, bytes: Uint8Array): GraphDocument {
    const manifest = parseManifest(
      bytes,
      descriptor.mediaType,
      `${quoteUnlessPlain(descriptor.mediaType)} ${descriptor.digest}`,
    )
    const document = { descriptor, bytes, manifest }
    this.#documents.set(descriptor.digest, document)
    if (manifest.kind === "index") {
      for (const child of manifest.manifests) {
        this.#refer(child, isIndexMediaType(child.mediaType) ? this.indexes : this.manifests, true)
      }
    } else {
      this.#refer(manifest.config, this.configs, false)
      for (const layer of manifest.layers) this.#refer(layer, this.layers, false)
    }
    return document
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
    const visit = (document: GraphDocument) => {
      if (ordered.has(document)) return
      if (document.manifest.kind === "index") {
        for (const child of successors(document.manifest)) visit(this.document(child.digest))
      }
      ordered.add(document)
    }
    visit(this.document(this.root.digest))
    return [...ordered]
  }

  #refer(descriptor: Descriptor, group: Descriptor[], isDocument: boolean): void {
    const seen = this.#seen.get(descriptor.digest)
    if (seen === undefined) {
      this.#seen.set(descriptor.digest, { size: descriptor.size, isDocument })
      group.push(descriptor)
      if (isDocument) this.#count(descriptor)
      return
    }
    if (seen.size !== descriptor.size) {
      throw new ContentError(
        "SIZE_MISMATCH",
        `${descriptor.digest} is named with ${seen.size} and with ${descriptor.size} bytes`,
      )
    }
    if (seen.isDocument !== isDocument) {
      throw new ContentError(
        "DIGEST_MISMATCH",
        `${descriptor.digest} is named both as a manifest and as a blob`,
      )
    }
  }

  #count(document: Descriptor): void {
    this.#documentBytes += document.size
    if (this.#documentBytes > MAX_DOCUMENTS_SIZE) {
      throw new ContentError(
        "DOCUMENT_TOO_LARGE",
        `${this.root.digest} needs manifests of more than ${MAX_DOCUMENTS_SIZE} bytes together`,
      )
    }
    if (this.indexes.length + this.manifests.length > MAX_DOCUMENTS) {
      throw new ContentError(
        "DOCUMENT_TOO_LARGE",
        `${this.root.digest} needs more than ${MAX_DOCUMENTS} manifests`,
      )
    }
  }
}

/** Reads all manifests from the root down and returns the whole graph. */
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
  return graph
}
