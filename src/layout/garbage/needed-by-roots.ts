import { ContentError } from "../../content/content-error.ts"
import { loadGraph } from "../../content/graph.ts"
import { readDocument } from "../../content/read-document.ts"
import type { Descriptor } from "../../oci/descriptor.ts"
import type { Digest } from "../../oci/digest.ts"
import { parseManifest, successors } from "../../oci/manifest.ts"
import { isManifestMediaType } from "../../oci/media-types.ts"
import { OciError } from "../../oci/oci-error.ts"
import type { BlobFiles } from "../blob-files.ts"
import type { StoreFiles } from "../store-files.ts"

/** Content that stays: of a manifest, all that it needs and all that refers to it. */
export interface Root {
  /** What it is to people. */
  name: string
  repository: string
  descriptor: Descriptor
}

interface Needed {
  needed: Set<Digest>
  /** Roots that are not whole: what they need cannot all be known, and what is there of it stays. */
  damaged: { name: string; problem: string }[]
}

/**
 * Finds what roots need that the catalog does not tell of, as it does not for a release that was recorded by its digest
 * alone. Such content stays; no repository gets it by that.
 */
export async function findNeeded(
  { blobs, catalog }: StoreFiles,
  roots: readonly Root[],
  signal: AbortSignal | undefined,
): Promise<Needed> {
  const needed = new Set<Digest>()
  const damaged: Needed["damaged"] = []
  for (const { name, repository, descriptor } of roots) {
    signal?.throwIfAborted()
    needed.add(descriptor.digest)
    const isKnown = catalog.content.findManifest(repository, descriptor.digest) !== undefined
    // What it needs is in the catalog, whatever has become of the files.
    const lost = isKnown ? await findLost({ blobs, catalog }, descriptor.digest) : undefined
    if (lost !== undefined) damaged.push({ name, problem: `${lost} is missing` })
    if (isKnown || !isManifestMediaType(descriptor.mediaType)) continue
    try {
      const graph = await loadGraph(blobs, descriptor, { signal })
      for (const { digest } of [...graph.indexes, ...graph.manifests, ...graph.configs, ...graph.layers]) {
        needed.add(digest)
      }
    } catch (error) {
      if (!(error instanceof ContentError) && !(error instanceof OciError)) throw error
      damaged.push({ name, problem: error.message })
      for (const digest of await readable(blobs, descriptor, signal)) needed.add(digest)
    }
  }
  return { needed, damaged }
}

/** Of a root and the manifests in it one whose file is gone. */
async function findLost(
  { blobs, catalog }: Pick<StoreFiles, "blobs" | "catalog">,
  root: Digest,
): Promise<Digest | undefined> {
  for (const digest of catalog.needs.listDocuments(root)) {
    if ((await blobs.size(digest)) === undefined) return digest
  }
  return undefined
}

/** What can be found out of what a damaged graph needs. */
async function readable(
  blobs: BlobFiles,
  root: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Set<Digest>> {
  const found = new Map([[root.digest, root]])
  // Those that are added meanwhile come as well.
  for (const descriptor of found.values()) {
    if (!isManifestMediaType(descriptor.mediaType)) continue
    try {
      const bytes = await readDocument(blobs, descriptor, { signal })
      for (const child of successors(parseManifest(bytes, descriptor.mediaType, descriptor.digest))) {
        if (!found.has(child.digest)) found.set(child.digest, child)
      }
    } catch (error) {
      if (!(error instanceof ContentError) && !(error instanceof OciError)) throw error
    }
  }
  return new Set(found.keys())
}
