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

/**
 * Annotation of the release's entry in `index.json`: the release was a draft in the fleet that it was exported from. That is a
 * fleet's affair and no content, so the release digest does not know of it.
 */
const DRAFT_ANNOTATION = "io.waybill.release.draft"

/** One entry of a bundle, at its place: bytes at hand, or a blob that is named. Offsets and sizes are in bytes. */
export interface BundleFile extends FileToPlan, Place {
  content: Uint8Array | Descriptor
  /** Of a blob. */
  digest: Digest | undefined
}

/** A bundle down to each byte's place, before any layer is read: a pure function of the release, and of whether it is a draft. */
export interface BundlePlan {
  /** The release index: its digest is the release digest. */
  release: Descriptor
  manifest: ReleaseManifest
  services: readonly ServiceImage[]
  /** Of the fleet that it was exported from. Whoever imports it gets a draft too, unless they want otherwise. */
  isDraft: boolean
  graph: Graph
  /** The blobs of the release artifact, the only ones that a plan has at hand. */
  releaseBlobs: readonly Document[]
  files: readonly BundleFile[]
  /** Of the whole file, in bytes. */
  size: number
}

export interface PlanOptions extends OperationOptions {
  /** Whether the release is a draft where it is exported. Default `false`. */
  isDraft?: boolean | undefined
}

/** Reads a release's manifests from where it is stored, and plans its bundle. Throws `NOT_A_RELEASE`, `LIMIT_EXCEEDED` and what reading throws. */
export async function planBundle(
  source: ContentFetcher,
  release: Descriptor,
  { isDraft, ...options }: PlanOptions = {},
): Promise<BundlePlan> {
  const graph = await loadGraph(source, release, options)
  const blobs = new Map<Digest, Uint8Array>()
  for (const descriptor of releaseBlobsOf(graph)) {
    blobs.set(descriptor.digest, await readDocument(source, descriptor, options))
  }
  return planFromDocuments(graph, blobs, isDraft ?? false)
}

/**
 * Plans a bundle from its complete graph and the blobs of its release artifact.
 * Entries stand in the order of the format (docs/bundle-format.md).
 */
export function planFromDocuments(
  graph: Graph,
  blobs: ReadonlyMap<Digest, Uint8Array>,
  isDraft: boolean,
): BundlePlan {
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
  const index = layoutIndex(graph.root, manifest, services, isDraft)
  const plan = planArchive<FileToPlan & Pick<BundleFile, "content" | "digest">>([
    { name: LAYOUT_FILE, size: LAYOUT_BYTES.length, digest: undefined, content: LAYOUT_BYTES },
    { name: INDEX_FILE, size: index.length, digest: undefined, content: index },
    ...contents,
  ])
  return {
    release: graph.root,
    manifest,
    services,
    isDraft,
    graph,
    releaseBlobs: releaseBlobsOf(graph).flatMap((descriptor) => {
      const bytes = blobs.get(descriptor.digest)
      return bytes ? [{ descriptor, bytes }] : []
    }),
    files: plan.files,
    size: plan.size,
  }
}

/** Whether the release's entry in `index.json` says that it is a draft. */
export function saysDraft({ annotations }: Descriptor): boolean {
  return annotations?.[DRAFT_ANNOTATION] === "true"
}

/** `index.json`: the release under its version, then each service's image under the service's name. */
function layoutIndex(
  root: Descriptor,
  manifest: ReleaseManifest,
  services: readonly ServiceImage[],
  isDraft: boolean,
): Uint8Array {
  const named = (descriptor: Descriptor, name: string, more: Record<string, string> = {}) => ({
    ...descriptor,
    annotations: { [REF_NAME]: name, ...more },
  })
  const draft = isDraft ? { [DRAFT_ANNOTATION]: "true" } : {}
  const { mediaType, digest, size } = root
  return canonicalJson({
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: [
      named({ mediaType, digest, size, artifactType: RELEASE_TYPE }, manifest.semver, draft),
      ...services.map(({ service, image }) => named(image, service)),
    ],
  })
}
