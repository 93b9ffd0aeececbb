import type { Graph } from "../content/graph.ts"
import { LIMIT_HINT, RELEASE_LIMITS, tooManyServices } from "../content/release-limits.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { plainDescriptor } from "../oci/descriptor.ts"
import { digestOf } from "../oci/digest.ts"
import { blobPath } from "../oci/image-layout.ts"
import { canonicalJson, isCanonicalJson } from "../oci/json.ts"
import type { ImageManifest } from "../oci/manifest.ts"
import { MediaType } from "../oci/media-types.ts"
import { OciError } from "../oci/oci-error.ts"
import { RELEASE_TYPE } from "../oci/release-type.ts"
import { BundleError, type BundleErrorCode } from "./bundle-error.ts"
import { parseReleaseManifest, printReleaseManifest, type ReleaseManifest } from "./release-manifest.ts"

/** Annotation of a release index's entries that names the service an image is for. */
const SERVICE_ANNOTATION = "io.waybill.service"
const VERSION_ANNOTATION = "org.opencontainers.image.version"
const REVISION_ANNOTATION = "org.opencontainers.image.revision"
const CREATED_ANNOTATION = "org.opencontainers.image.created"

/** Content of the empty descriptor (image-spec 1.1, manifest.md, Guidance for an empty descriptor). */
const EMPTY_BYTES = new TextEncoder().encode("{}")

export interface ServiceImage {
  service: string
  image: Descriptor
}

/** Content with the descriptor that names it. */
export interface Document {
  descriptor: Descriptor
  bytes: Uint8Array
}

/** What makes a release, beside its images: all that has to be stored, each after what it refers to. */
export interface ReleaseDocuments {
  config: Document
  manifest: Document
  artifact: Document
  index: Document
}

/** Makes the documents of a release. The same manifest and images give the same bytes. */
export function buildRelease(manifest: ReleaseManifest, images: readonly ServiceImage[]): ReleaseDocuments {
  const config = document(MediaType.ociEmpty, EMPTY_BYTES)
  const release = document(RELEASE_TYPE, printReleaseManifest(manifest))
  const artifact = document(
    MediaType.ociManifest,
    canonicalJson({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      artifactType: RELEASE_TYPE,
      config: config.descriptor,
      layers: [release.descriptor],
    }),
  )
  const index = document(
    MediaType.ociIndex,
    canonicalJson({
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      artifactType: RELEASE_TYPE,
      manifests: [
        { ...artifact.descriptor, artifactType: RELEASE_TYPE },
        ...[...images].sort(byService).map(({ service, image }) => ({
          ...plainDescriptor(image),
          annotations: { [SERVICE_ANNOTATION]: service },
        })),
      ],
      annotations: annotationsOf(manifest),
    }),
  )
  return { config, manifest: release, artifact, index }
}

/** The release artifact's descriptor: the first entry of a release index. Throws `NOT_A_RELEASE`. */
export function releaseArtifactOf(graph: Graph): Descriptor {
  const { manifest } = graph.document(graph.root.digest)
  const artifact = manifest.kind === "index" ? manifest.manifests[0] : undefined
  if (manifest.artifactType !== RELEASE_TYPE || artifact === undefined) {
    throw new BundleError(
      "NOT_A_RELEASE",
      `${graph.root.digest} is not a release: it is not an index of the type ${RELEASE_TYPE}`,
      { hint: "name the index of a release; an image by itself is none" },
    )
  }
  return artifact
}

/** The descriptor of `release.json`, the one layer of the release artifact. Throws `BUNDLE_DISAGREES`. */
export function releaseManifestOf(graph: Graph): Descriptor {
  const descriptor = releaseArtifactOf(graph)
  const artifact = graph.document(descriptor.digest).manifest
  const [layer, ...others] = artifact.kind === "manifest" ? artifact.layers : []
  const fits =
    artifact.kind === "manifest" &&
    artifact.artifactType === RELEASE_TYPE &&
    artifact.config.mediaType === MediaType.ociEmpty &&
    artifact.config.digest === digestOf(EMPTY_BYTES) &&
    others.length === 0
  if (!fits || layer?.mediaType !== RELEASE_TYPE) {
    throw disagrees(
      descriptor,
      `a release artifact must have an empty config and one layer of the type ${RELEASE_TYPE}`,
    )
  }
  return layer
}

/** The blobs of the release artifact, which stand before everything else in a bundle. */
export function releaseBlobsOf(graph: Graph): Descriptor[] {
  const layer = releaseManifestOf(graph)
  const { config } = graph.document(releaseArtifactOf(graph).digest).manifest as ImageManifest
  return [config, layer]
}

/**
 * Checks that the release index, the release artifact and `release.json` are canonical and say the same.
 * Throws `BUNDLE_NOT_CANONICAL`, `BUNDLE_DISAGREES`, `INVALID_DOCUMENT` or `LIMIT_EXCEEDED`.
 */
export function checkRelease(
  graph: Graph,
  manifestBytes: Uint8Array,
): { manifest: ReleaseManifest; services: ServiceImage[] } {
  const root = graph.document(graph.root.digest)
  const artifact = graph.document(releaseArtifactOf(graph).digest)
  requireCanonical(root.bytes, "the release index", root.descriptor)
  requireCanonical(artifact.bytes, "the release artifact", artifact.descriptor)
  // What is nested too deeply to be read cannot be looked at for its form either.
  const manifest = parseStored(manifestBytes, releaseManifestOf(graph))
  requireCanonical(manifestBytes, "the release manifest", releaseManifestOf(graph))
  const services = servicesOf(graph)
  if (services.length > RELEASE_LIMITS.services) throw refuseServices(graph.root, services.length)
  const declared = Object.entries(manifest.services)
  for (const { service, image } of services) {
    if (manifest.services[service]?.image !== image.digest) {
      throw disagrees(
        graph.root,
        `the release index gives service ${service} the image ${image.digest}, release.json ${manifest.services[service]?.image ?? "none"}`,
      )
    }
  }
  if (declared.length !== services.length) {
    throw disagrees(
      graph.root,
      `release.json names ${declared.length} services, the release index ${services.length}`,
    )
  }
  for (const [key, value] of Object.entries(annotationsOf(manifest))) {
    if (root.manifest.annotations?.[key] !== value) {
      throw disagrees(
        graph.root,
        `the release index says ${key} is ${root.manifest.annotations?.[key] ?? "unset"}, release.json says ${value}`,
      )
    }
  }
  return { manifest, services }
}

function parseStored(bytes: Uint8Array, descriptor: Descriptor): ReleaseManifest {
  try {
    return parseReleaseManifest(bytes)
  } catch (error) {
    if (error instanceof OciError) throw fail("INVALID_DOCUMENT", descriptor, error.message)
    throw error
  }
}

function servicesOf(graph: Graph): ServiceImage[] {
  const root = graph.document(graph.root.digest).manifest
  const entries = root.kind === "index" ? root.manifests.slice(1) : []
  const services = entries.map((image) => {
    const service = image.annotations?.[SERVICE_ANNOTATION]
    if (service === undefined)
      throw disagrees(graph.root, `the release index names ${image.digest} for no service`)
    return { service, image: plainDescriptor(image) }
  })
  for (const [at, { service }] of services.entries()) {
    const before = services[at - 1]?.service
    if (before !== undefined && !(before < service)) {
      throw disagrees(
        graph.root,
        `the release index has service ${service} after ${before}: each once, in order of name`,
      )
    }
  }
  return services
}

function annotationsOf(manifest: ReleaseManifest): Record<string, string> {
  return {
    [VERSION_ANNOTATION]: manifest.semver,
    [REVISION_ANNOTATION]: manifest.commit,
    [CREATED_ANNOTATION]: manifest.createdAt,
  }
}

function document(mediaType: string, bytes: Uint8Array): Document {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes }
}

/** By code unit, as canonical JSON orders keys. */
function byService(one: ServiceImage, other: ServiceImage): number {
  return one.service < other.service ? -1 : 1
}

function requireCanonical(bytes: Uint8Array, what: string, descriptor: Descriptor): void {
  if (isCanonicalJson(bytes)) return
  throw fail("BUNDLE_NOT_CANONICAL", descriptor, `${what} is not canonical JSON (RFC 8785)`)
}

function disagrees(descriptor: Descriptor, message: string): BundleError {
  return fail("BUNDLE_DISAGREES", descriptor, message)
}

function refuseServices(descriptor: Descriptor, count: number): BundleError {
  const message = `${blobPath(descriptor.digest)}: ${tooManyServices(count)}`
  return new BundleError("LIMIT_EXCEEDED", message, { hint: LIMIT_HINT })
}

function fail(code: BundleErrorCode, descriptor: Descriptor, message: string): BundleError {
  return new BundleError(code, `${blobPath(descriptor.digest)}: ${message}`, {
    hint: "the release was altered, or made by something else than Waybill: get it again from where it was made",
  })
}
