import { noise } from "../../../fixtures/tar-layer.ts"
import type { ContentBody } from "../../../src/content/interfaces.ts"
import { bodyOf } from "../../../src/content/read-document.ts"
import type { Descriptor } from "../../../src/oci/descriptor.ts"
import { type DigestAlgorithm, digestOf } from "../../../src/oci/digest.ts"
import { canonicalJson } from "../../../src/oci/json.ts"
import { MediaType } from "../../../src/oci/media-types.ts"

/** Content with the descriptor that fits it. */
export interface Sample {
  descriptor: Descriptor
  bytes: Uint8Array
  body: ContentBody
}

export function sample(
  content: string | Uint8Array,
  mediaType: string = MediaType.ociLayer,
  algorithm: DigestAlgorithm = "sha256",
): Sample {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
  const descriptor = { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length }
  return { descriptor, bytes, body: bodyOf(bytes) }
}

export function jsonSample(value: unknown, mediaType: string): Sample {
  return sample(canonicalJson(value), mediaType)
}

/** Bytes that look random and are the same for the same seed. */
export function noiseSample(seed: string, size: number): Sample {
  return sample(Buffer.concat([...noise(seed, size)]))
}

/** An image: its manifest, and the blobs that the manifest names, configuration first. */
export interface SampleImage {
  manifest: Sample
  blobs: Sample[]
}

export function sampleImage(...layers: Sample[]): SampleImage {
  const config = jsonSample(
    { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [] } },
    MediaType.ociConfig,
  )
  return { manifest: manifestSample(config.descriptor, layers), blobs: [config, ...layers] }
}

export function manifestSample(config: Descriptor, layers: readonly Sample[]): Sample {
  return jsonSample(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config,
      layers: layers.map((layer) => layer.descriptor),
    },
    MediaType.ociManifest,
  )
}

export function indexSample(...manifests: Sample[]): Sample {
  return jsonSample(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: manifests.map((manifest) => manifest.descriptor),
    },
    MediaType.ociIndex,
  )
}

/** A whole stream, in memory. */
export async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}
