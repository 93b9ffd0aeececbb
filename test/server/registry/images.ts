import type { Descriptor } from "../../../src/oci/descriptor.ts"
import { type DigestAlgorithm, digestOf } from "../../../src/oci/digest.ts"
import { MediaType } from "../../../src/oci/media-types.ts"

/** Bytes with their descriptor. */
export interface Content extends Descriptor {
  bytes: Buffer
}

export function contentOf(
  value: unknown,
  mediaType: string = MediaType.ociLayer,
  algorithm: DigestAlgorithm = "sha256",
): Content {
  const bytes = Buffer.from(
    typeof value === "string" || value instanceof Uint8Array ? value : JSON.stringify(value),
  )
  return { bytes, mediaType, digest: digestOf(bytes, algorithm), size: bytes.length }
}

/** A manifest of these blobs, the first of which is the configuration. */
export function manifestOf([config, ...layers]: readonly Content[], more: object = {}): Content {
  return contentOf(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: config && { ...plain(config), mediaType: MediaType.ociConfig },
      layers: layers.map(plain),
      ...more,
    },
    MediaType.ociManifest,
  )
}

export function indexOf(manifests: readonly Content[]): Content {
  const index = { schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: manifests.map(plain) }
  return contentOf(index, MediaType.ociIndex)
}

function plain({ mediaType, digest, size }: Content): Descriptor {
  return { mediaType, digest, size }
}
