import { type FileToPlan, type Place, planArchive } from "../archive/planner.ts"
import { type Graph, loadGraph } from "../content/graph.ts"
import type { ContentFetcher, OperationOptions } from "../content/interfaces.ts"
import { readDocument } from "../content/read-document.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { blobPath, INDEX_FILE, LAYOUT_BYTES, LAYOUT_FILE, REF_NAME } from "../oci/image-layout.ts"
import { canonicalJson } from "../oci/json.ts"
import { MediaType } from "../oci/media-types.ts"
import { RELEASE_TYPE } from "../oci/release-type.ts"
import {
  checkRelease,
  type Document,
  releaseArtifactOf,
  releaseBlobsOf,
  releaseManifestOf,
  type ServiceImage,
} from "./release-index.ts"
import type { ReleaseManifest } from "./release-manifest.ts"

/** One entry of a bundle, at its place: bytes at hand, or a blob that is named. Offsets and sizes are in bytes. */
export interface BundleFile extends FileToPlan, Place {
  content: Uint8Array | Descriptor
  /** Of a blob. */
  digest: Digest | undefined
}

/** A bundle down to each byte's place, before any layer is read: a pure function of the release. */
export interface BundlePlan {
  /** The release index: its digest is the release digest. */
  release: Descriptor
  manifest: ReleaseManifest
  services: readonly ServiceImage[]
  graph: Graph
  /** The blobs of the release artifact, the only ones that a plan has at hand. */
  releaseBlobs: readonly Document[]
  files: readonly BundleFile[]
  /** Of the whole file, in bytes. */
  size: number
}

/** Reads a release's manifests from where it is stored, and plans its bundle. Throws `NOT_A_RELEASE`, `LIMIT_EXCEEDED` and what reading throws. */
export async function planBundle(
  source: ContentFetcher,
  release: Descriptor,
  options: OperationOptions = {},
): Promise<BundlePlan> {
  const graph = await loadGraph(source, release, options)
  const blobs = new Map<Digest, Uint8Array>()
  for (const descriptor of releaseBlobsOf(graph)) {
    blobs.set(descriptor.digest, await readDocument(source, descriptor, options))
  }
  return planFromDocuments(graph, blobs)
}

/**
 * Plans a bundle from its complete graph and the blobs of its release artifact.
 * Entries stand in the order of the format (docs/bundle-format.md).
 */
export function planFromDocuments(graph: Graph, blobs: ReadonlyMap<Digest, Uint8Array>): BundlePlan {
  graph.checkNesting()
  const manifestBytes = blobs.get(releaseManifestOf(graph).digest) ?? new Uint8Array()
  const { manifest, services } = checkRelease(graph, manifestBytes)
  const head = [graph.root, releaseArtifactOf(graph), ...releaseBlobsOf(graph)]
  const first = new Set(head.map(({ digest }) => digest))
  const rest = [...graph.indexes, ...graph.manifests, ...graph.configs, ...graph.layers].filter(
    ({ digest }) => !first.has(digest),
  )
  const contents = [...head, ...rest].map((descriptor) => ({
    name: blobPath(descriptor.digest),
    size: descriptor.size,
    digest: descriptor.digest,
    content: blobs.get(descriptor.digest) ?? graph.bytesOf(descriptor.digest) ?? descriptor,
  }))
  const index = layoutIndex(graph.root, manifest, services)
  const plan = planArchive<FileToPlan & Pick<BundleFile, "content" | "digest">>([
    { name: LAYOUT_FILE, size: LAYOUT_BYTES.length, digest: undefined, content: LAYOUT_BYTES },
    { name: INDEX_FILE, size: index.length, digest: undefined, content: index },
    ...contents,
  ])
  return {
    release: graph.root,
    manifest,
    services,
    graph,
    releaseBlobs: releaseBlobsOf(graph).flatMap((descriptor) => {
      const bytes = blobs.get(descriptor.digest)
      return bytes ? [{ descriptor, bytes }] : []
    }),
    files: plan.files,
    size: plan.size,
  }
}

/** `index.json`: the release under its version, then each service's image under the service's name. */
function layoutIndex(
  root: Descriptor,
  manifest: ReleaseManifest,
  services: readonly ServiceImage[],
): Uint8Array {
  const named = (descriptor: Descriptor, name: string) => ({
    ...descriptor,
    annotations: { [REF_NAME]: name },
  })
  const { mediaType, digest, size } = root
  return canonicalJson({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: [
      named({ mediaType, digest, size, artifactType: RELEASE_TYPE }, manifest.semver),
      ...services.map(({ service, image }) => named(image, service)),
    ],
  })
}
