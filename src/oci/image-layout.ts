import { z } from "zod"
import { type Descriptor, descriptorSchema } from "./descriptor.ts"
import { type Digest, digestAlgorithm, digestHex } from "./digest.ts"
import { canonicalJson, parseJson } from "./json.ts"

/** File names of an OCI image layout (image-spec 1.1, image-layout.md). */
export const LAYOUT_FILE = "oci-layout"
export const INDEX_FILE = "index.json"

/** Annotation that names an entry of `index.json`. */
export const REF_NAME = "org.opencontainers.image.ref.name"

/** The bytes of `oci-layout` that Waybill writes. */
export const LAYOUT_BYTES = canonicalJson({ imageLayoutVersion: "1.0.0" })

const layoutSchema = z.object({ imageLayoutVersion: z.literal("1.0.0") })
const layoutIndexSchema = z.object({ schemaVersion: z.literal(2), manifests: z.array(descriptorSchema) })

/** Parses `oci-layout`. Throws `INVALID_DOCUMENT` for a version that is not 1.0.0. */
export function parseLayoutFile(bytes: Uint8Array, what = LAYOUT_FILE): void {
  parseJson(bytes, what, layoutSchema)
}

/** Parses the entries of a layout's `index.json`. Throws `INVALID_DOCUMENT`. */
export function parseLayoutIndex(bytes: Uint8Array): Descriptor[] {
  return parseJson(bytes, INDEX_FILE, layoutIndexSchema).manifests
}

/** The path of a blob in a layout, with `/` between its parts. */
export function blobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`
}
