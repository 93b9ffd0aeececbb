import type { Graph } from "../content/graph.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { successors } from "../oci/manifest.ts"

/**
 * What a bundle holds, once for all its repositories: a thousand services that each need the same ten thousand layers
 * would otherwise take gigabytes. What one of them has is found out when it is asked for, from the content upwards.
 */
export class BundleContent {
  readonly manifests: ReadonlyMap<string, Descriptor>
  readonly blobs: ReadonlyMap<string, Descriptor>
  /** By their subjects, in order of their digests. */
  readonly referrers = new Map<Digest, Descriptor[]>()
  /** What names it, by its digest. */
  readonly #parents = new Map<string, Digest[]>()

  constructor(graph: Graph) {
    const documents = [...graph.indexes, ...graph.manifests]
    this.manifests = new Map(documents.map((descriptor) => [descriptor.digest, descriptor]))
    this.blobs = new Map(
      [...graph.configs, ...graph.layers].map(({ digest, size }) => [
        digest,
        // The media type of a blob is its manifest's business.
        { mediaType: "application/octet-stream", digest, size },
      ]),
    )
    for (const descriptor of documents) {
      const { manifest } = graph.document(descriptor.digest)
      for (const child of new Set(successors(manifest).map(({ digest }) => digest))) {
        add(this.#parents, child, descriptor.digest)
      }
      if (manifest.subject) add(this.referrers, manifest.subject.digest, descriptor)
    }
    for (const referrers of this.referrers.values()) {
      referrers.sort((one, other) => (one.digest < other.digest ? -1 : 1))
    }
  }

  /** Whether content is `root`, or is needed by it. */
  reaches(root: Digest, digest: string): boolean {
    const seen = new Set([digest])
    for (const each of seen) {
      if (each === root) return true
      for (const parent of this.#parents.get(each) ?? []) seen.add(parent)
    }
    return false
  }
}

function add<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
