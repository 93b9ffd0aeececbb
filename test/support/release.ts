import { buildRelease, type ServiceImage } from "../../src/bundle/release-index.ts"
import type { ReleaseManifest } from "../../src/bundle/release-manifest.ts"
import type { ContentTarget } from "../../src/content/interfaces.ts"
import { bodyOf } from "../../src/content/read-document.ts"
import type { Descriptor } from "../../src/oci/descriptor.ts"
import { type DigestAlgorithm, digestOf } from "../../src/oci/digest.ts"
import { canonicalJson } from "../../src/oci/json.ts"
import { MediaType } from "../../src/oci/media-types.ts"

/** Stores bytes and returns what names them. */
export async function put(
  target: ContentTarget,
  mediaType: string,
  bytes: Uint8Array,
  algorithm: DigestAlgorithm = "sha256",
): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length }
  await target.push(descriptor, bodyOf(bytes))
  return descriptor
}

/** Bytes that depend on the seed alone and do not repeat within a block. */
export function bytesOf(seed: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = seed * 2654435761 + 1
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

export async function putImage(
  target: ContentTarget,
  architecture: string,
  layers: readonly Descriptor[],
): Promise<Descriptor> {
  const config = await put(
    target,
    MediaType.ociConfig,
    canonicalJson({
      os: "linux",
      architecture,
      rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    }),
  )
  return put(
    target,
    MediaType.ociManifest,
    canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers }),
  )
}

export interface TestRelease {
  descriptor: Descriptor
  manifest: ReleaseManifest
  services: ServiceImage[]
}

/**
 * A small release with everything that a bundle must cope with: shared layers, an image for two platforms, two
 * services with one image, an empty layer, a sha512 layer, an image without layers.
 */
export async function putRelease(
  target: ContentTarget,
  overrides: Partial<ReleaseManifest> = {},
  { layerSize = 512 } = {},
): Promise<TestRelease> {
  const layer = (seed: number, size: number, algorithm?: DigestAlgorithm) =>
    put(target, MediaType.ociLayer, bytesOf(seed, size), algorithm)
  const base = await layer(1, 5000)
  const web = await putImage(target, "amd64", [base, await layer(2, layerSize)])
  const api = await Promise.all(
    ["amd64", "arm64"].map(async (architecture, at) => ({
      ...(await putImage(target, architecture, [base, await layer(3 + at, 700, "sha512")])),
      platform: { os: "linux", architecture },
    })),
  )
  const index = canonicalJson({ schemaVersion: 2, mediaType: MediaType.ociIndex, manifests: api })
  const images: ServiceImage[] = [
    { service: "web", image: web },
    { service: "api", image: await put(target, MediaType.ociIndex, index) },
    { service: "web-spare", image: web },
    { service: "cron", image: await putImage(target, "amd64", [await layer(9, 0), await layer(8, 1)]) },
    { service: "none", image: await putImage(target, "amd64", []) },
  ]
  const manifest: ReleaseManifest = {
    commit: "c0ffee0c0ffee0c0ffee0c0ffee0c0ffee0c0ffe",
    semver: "1.2.3",
    createdAt: "2026-01-02T03:04:05.678Z",
    composition: {
      services: Object.fromEntries(images.map(({ service }) => [service, { restart: "always" }])),
    },
    tags: { channel: "stable" },
    services: Object.fromEntries(images.map(({ service, image }) => [service, { image: image.digest }])),
    ...overrides,
  }
  const documents = buildRelease(manifest, images)
  for (const { descriptor, bytes } of [
    documents.config,
    documents.manifest,
    documents.artifact,
    documents.index,
  ]) {
    await target.push(descriptor, bodyOf(bytes))
  }
  const services = images.sort((one, other) => (one.service < other.service ? -1 : 1))
  return { descriptor: documents.index.descriptor, manifest, services }
}
