import { forEachConcurrent } from "../content/concurrency.ts"
import { ContentError } from "../content/content-error.ts"
import { type Graph, loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { OciError } from "../oci/oci-error.ts"
import type { StoreFiles } from "./store-files.ts"

/** Files that are asked after at once. */
const AT_ONCE = 16

/**
 * Checks that manifests are in a repository as they are described, with all that they need, however deep: rows in the catalog
 * and files of the right size. Throws `CONTENT_MISSING` naming the first that is not.
 */
export async function requireContent(
  store: StoreFiles,
  repository: string,
  roots: readonly Descriptor[],
  { signal }: OperationOptions = {},
): Promise<void> {
  const { blobs, catalog } = store
  const seen = new Set<string>()
  const parts: Descriptor[] = []
  for (const root of roots) {
    const found = catalog.content.findManifest(repository, root.digest)
    if (found === undefined) throw missing(root, repository)
    if (found.mediaType !== root.mediaType || found.size !== root.size) {
      throw new ContentError(
        "CONTENT_MISSING",
        `${root.digest} is in ${repository} as ${found.mediaType} of ${found.size} bytes, and not as ${root.mediaType} of ${root.size}`,
        { hint: "name it as the registry describes it" },
      )
    }
    if (seen.has(root.digest)) continue
    const graph = await load(store, repository, root, signal)
    for (const document of [...graph.indexes, ...graph.manifests]) {
      if (catalog.content.findManifest(repository, document.digest) === undefined)
        throw missing(document, repository)
      seen.add(document.digest)
      parts.push(document)
    }
    for (const blob of [...graph.configs, ...graph.layers]) {
      if (seen.has(blob.digest)) continue
      if (!catalog.content.hasBlob(repository, blob.digest)) throw missing(blob, repository)
      seen.add(blob.digest)
      parts.push(blob)
    }
  }
  await forEachConcurrent(parts, AT_ONCE, signal, async (part) => {
    if (catalog.damaged.has(part.digest) || !(await blobs.exists(part))) throw missing(part, repository)
  })
}

/** Reads the manifests, whose digests prove them. */
async function load(
  { blobs }: StoreFiles,
  repository: string,
  root: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Graph> {
  try {
    return await loadGraph(blobs, root, { signal })
  } catch (error) {
    if (!(error instanceof ContentError) && !(error instanceof OciError)) throw error
    throw new ContentError(
      "CONTENT_MISSING",
      `${root.digest} of ${repository} is not whole: ${error.message}`,
      {
        hint: "push it again",
        cause: error,
      },
    )
  }
}

function missing({ digest, size }: Descriptor, repository: string): ContentError {
  return new ContentError("CONTENT_MISSING", `${digest}, of ${size} bytes, is not in ${repository}`, {
    hint: "push it first; where it was there, it has been collected or damaged since",
  })
}
