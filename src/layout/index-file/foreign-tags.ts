import { ContentError } from "../../content/content-error.ts"
import { Graph, loadGraph } from "../../content/graph.ts"
import type { Descriptor } from "../../oci/descriptor.ts"
import { REF_NAME } from "../../oci/image-layout.ts"
import { isForeignLayer, isManifestMediaType } from "../../oci/media-types.ts"
import { OciError } from "../../oci/oci-error.ts"
import { isRepository, isTag } from "../../oci/reference.ts"
import type { BlobFiles } from "../blob-files.ts"
import type { Catalog } from "../catalog/catalog.ts"
import type { IndexFile } from "./index-file.ts"

interface Parts {
  catalog: Catalog
  blobs: BlobFiles
  now: () => number
}

/**
 * Takes what another tool has written into `index.json` into the catalog: its tags, and for their repositories what they
 * need as far as it lies in the store. `identity` is that of the file that was read.
 */
export async function takeInIndex(parts: Parts, index: IndexFile, identity: string): Promise<void> {
  const { catalog } = parts
  const graphs = await loadGraphs(parts, index)
  await catalog.transaction(() => {
    // What was tagged since the file was written last, also just now, is not in it, which says nothing.
    const { changes, written } = catalog.index.known()
    const isWhole = written < 0 || changes === written
    replace(parts, index, isWhole)
    for (const { repository, graph } of graphs) adopt(parts, repository, graph)
    catalog.index.note({ identity })
  })
}

/** Of tags that the catalog does not have as they stand in the file, what they need. */
async function loadGraphs(
  { catalog, blobs }: Parts,
  { manifests }: IndexFile,
): Promise<{ repository: string; graph: Graph | Descriptor }[]> {
  const graphs: { repository: string; graph: Graph | Descriptor }[] = []
  for (const entry of manifests) {
    const name = nameOf(entry)
    if (name === undefined || catalog.content.findManifest(name.repository, entry.digest) !== undefined)
      continue
    if (!isManifestMediaType(entry.mediaType)) {
      graphs.push({ repository: name.repository, graph: entry })
      continue
    }
    try {
      graphs.push({ repository: name.repository, graph: await loadGraph(blobs, entry) })
    } catch (error) {
      // What is damaged or lacks a part is nothing to be served.
      if (!(error instanceof ContentError) && !(error instanceof OciError)) throw error
    }
  }
  return graphs
}

function replace({ catalog }: Parts, { manifests, ...head }: IndexFile, isWhole: boolean): void {
  const seen = new Set<string>()
  const others: Descriptor[] = []
  for (const entry of manifests) {
    const name = nameOf(entry)
    if (name === undefined) {
      others.push(entry)
      continue
    }
    const { repository, tag } = name
    // A second entry of one name would leave open which of them is meant.
    if (seen.has(`${repository}:${tag}`)) continue
    seen.add(`${repository}:${tag}`)
    const isKnown = catalog.tags.has(repository, tag)
    if (isWhole || !isKnown) catalog.tags.put(repository, tag, entry.digest, JSON.stringify(unnamed(entry)))
  }
  if (isWhole) catalog.tags.removeAllBut(seen)
  catalog.index.replaceOthers(head, others)
}

/** Gives a repository all that a tag of another tool needs, as far as it lies in the store. */
function adopt({ catalog, blobs, now }: Parts, repository: string, graph: Graph | Descriptor): void {
  const adoptBlob = ({ digest, mediaType }: Descriptor) => {
    if (!isForeignLayer(mediaType) && blobs.isFile(digest)) catalog.content.addBlob(repository, digest, now())
  }
  if (!(graph instanceof Graph)) {
    adoptBlob(graph)
    return
  }
  for (const { descriptor, manifest } of graph.documentsChildrenFirst()) {
    catalog.content.addManifest(repository, descriptor, manifest, now())
  }
  for (const blob of [...graph.configs, ...graph.layers]) adoptBlob(blob)
}

function nameOf(entry: Descriptor): { repository: string; tag: string } | undefined {
  const name = entry.annotations?.[REF_NAME] ?? ""
  const at = name.lastIndexOf(":")
  const [repository, tag] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)]
  return isRepository(repository) && isTag(tag) ? { repository, tag } : undefined
}

function unnamed({ annotations, ...entry }: Descriptor): object {
  const { [REF_NAME]: _, ...others } = annotations ?? {}
  return Object.keys(others).length > 0 ? { ...entry, annotations: others } : entry
}
