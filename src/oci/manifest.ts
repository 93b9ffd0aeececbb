import { z } from "zod"
import { quoteUnlessPlain } from "../errors/quote.ts"
import { type Descriptor, descriptorSchema } from "./descriptor.ts"
import { listOf, textsSchema } from "./first-fault.ts"
import { checkJson, parseJson, readJson } from "./json.ts"
import { isImageManifestMediaType, isIndexMediaType, MediaType } from "./media-types.ts"
import { OciError } from "./oci-error.ts"

const common = {
  schemaVersion: z.literal(2),
  artifactType: z.string().optional(),
  subject: descriptorSchema.optional(),
  annotations: textsSchema.optional(),
}

const imageManifestSchema = z.object({
  ...common,
  mediaType: z.string().optional(),
  config: descriptorSchema,
  layers: listOf(descriptorSchema),
})

const imageIndexSchema = z.object({
  ...common,
  mediaType: z.string().optional(),
  manifests: listOf(descriptorSchema),
})

const probeSchema = z.object({
  schemaVersion: z.unknown().optional(),
  mediaType: z.unknown().optional(),
  fsLayers: z.unknown().optional(),
  manifests: z.unknown().optional(),
  layers: z.unknown().optional(),
  config: z.unknown().optional(),
})

/** An image manifest, OCI or Docker schema 2 (image-spec 1.1, manifest.md). */
export interface ImageManifest extends z.output<typeof imageManifestSchema> {
  kind: "manifest"
  mediaType: string
}

/** An image index or Docker manifest list (image-spec 1.1, image-index.md). */
interface ImageIndex extends z.output<typeof imageIndexSchema> {
  kind: "index"
  mediaType: string
}

export type Manifest = ImageManifest | ImageIndex

/**
 * Parses a manifest or an index. `declared` is the media type that its descriptor or the registry gave it.
 * Throws `UNSUPPORTED_MEDIA_TYPE` for schema 1 and for types that are neither, `INVALID_DOCUMENT` for the rest,
 * among them a document that could be read both ways (CVE-2021-41190).
 */
export function parseManifest(bytes: Uint8Array, declared: string, what = "the manifest"): Manifest {
  refuseSchema1(declared, what)
  const isIndex = isIndexMediaType(declared)
  if (!isIndex && !isImageManifestMediaType(declared)) {
    throw new OciError(
      "UNSUPPORTED_MEDIA_TYPE",
      `${what} has the media type ${quoteUnlessPlain(declared)}, which is no image manifest`,
      { hint: "Waybill takes OCI manifests and indexes, Docker schema 2 manifests and manifest lists" },
    )
  }
  const value = readJson(bytes, what)
  const probe = checkJson(value, what, probeSchema)
  if (probe.schemaVersion === 1 || probe.fsLayers !== undefined) refuseSchema1(MediaType.dockerSchema1, what)
  if (typeof probe.mediaType === "string" && probe.mediaType !== declared) {
    throw new OciError(
      "INVALID_DOCUMENT",
      `${what} says it is ${quoteUnlessPlain(probe.mediaType)}, its descriptor says ${declared}`,
    )
  }
  if (isIndex) {
    if (probe.layers !== undefined || probe.config !== undefined) ambiguous(what)
    return { ...checkJson(value, what, imageIndexSchema), kind: "index", mediaType: declared }
  }
  if (probe.manifests !== undefined) ambiguous(what)
  return { ...checkJson(value, what, imageManifestSchema), kind: "manifest", mediaType: declared }
}

/**
 * The media type that a manifest states of itself; OCI ones may leave it out, so its shape decides then.
 * Throws `INVALID_DOCUMENT` for JSON that is shaped like neither, such as an image configuration.
 */
export function detectMediaType(bytes: Uint8Array, what = "the manifest"): string {
  const probe = parseJson(bytes, what, probeSchema)
  if (typeof probe.mediaType === "string") return probe.mediaType
  if (probe.schemaVersion === 1) return MediaType.dockerSchema1
  if (probe.manifests !== undefined) return MediaType.ociIndex
  if (probe.layers !== undefined) return MediaType.ociManifest
  throw new OciError("INVALID_DOCUMENT", `${what} is neither an image manifest nor an index`)
}

/** Everything that a manifest needs to be complete, in its own order: an index's manifests, or config and layers. */
export function successors(manifest: Manifest): Descriptor[] {
  return manifest.kind === "index" ? manifest.manifests : [manifest.config, ...manifest.layers]
}

/** A manifest as a list of referrers describes it (distribution-spec 1.1, Listing Referrers). */
export function describeReferrer({ mediaType, digest, size }: Descriptor, manifest: Manifest): Descriptor {
  const { annotations } = manifest
  const artifactType =
    manifest.artifactType || (manifest.kind === "manifest" ? manifest.config.mediaType : undefined)
  return {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  }
}

function refuseSchema1(mediaType: string, what: string): void {
  if (mediaType !== MediaType.dockerSchema1 && mediaType !== MediaType.dockerSchema1Signed) return
  throw new OciError(
    "UNSUPPORTED_MEDIA_TYPE",
    `${what} is a Docker schema 1 manifest, which is no longer supported`,
    {
      hint: "push the image again with a current tool, which writes schema 2 or OCI",
    },
  )
}

function ambiguous(what: string): never {
  throw new OciError("INVALID_DOCUMENT", `${what} has the fields of both a manifest and an index`)
}
