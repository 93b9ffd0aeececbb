import { ContentError } from "../../../src/content/content-error.ts"
import type { ContentBody, ContentTarget } from "../../../src/content/interfaces.ts"
import { collect } from "../../../src/content/read-document.ts"
import type { Descriptor } from "../../../src/oci/descriptor.ts"
import { type DigestAlgorithm, digestOf } from "../../../src/oci/digest.ts"
import { canonicalJson } from "../../../src/oci/json.ts"
import { MediaType } from "../../../src/oci/media-types.ts"
import { RegistryClient, type RegistryClientOptions } from "../../../src/registry/registry-client.ts"
import { TestClock } from "./test-clock.ts"

export interface Content {
  descriptor: Descriptor
  bytes: Buffer
  body: ContentBody
}

/** Content that looks random and is the same for the same size and seed. */
export function blob(size: number, seed = 1, algorithm: DigestAlgorithm = "sha256"): Content {
  const bytes = Buffer.alloc(size)
  for (let at = 0, state = seed * 2654435761; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return content(bytes, MediaType.ociLayer, algorithm)
}

export function content(
  bytes: Uint8Array,
  mediaType: string,
  algorithm: DigestAlgorithm = "sha256",
): Content {
  const buffer = Buffer.from(bytes)
  return {
    descriptor: { mediaType, digest: digestOf(buffer, algorithm), size: buffer.length },
    bytes: buffer,
    body: bodyInChunks(buffer),
  }
}

/** A manifest of these blobs, the first its config. */
export function manifest(
  blobs: readonly Content[],
  more: object = {},
  algorithm: DigestAlgorithm = "sha256",
): Content {
  const [config, ...layers] = blobs.map(({ descriptor }) => descriptor)
  const document = { schemaVersion: 2, mediaType: MediaType.ociManifest, config, layers, ...more }
  return content(canonicalJson(document), MediaType.ociManifest, algorithm)
}

export function index(manifests: readonly Content[]): Content {
  const document = {
    schemaVersion: 2,
    mediaType: MediaType.ociIndex,
    manifests: manifests.map(({ descriptor }) => descriptor),
  }
  return content(canonicalJson(document), MediaType.ociIndex)
}

/** A body that comes in chunks of 64 KiB, as files and connections give them. */
function bodyInChunks(bytes: Buffer): ContentBody {
  return async function* (offset) {
    for (let at = offset; at < bytes.length; at += 65536)
      yield bytes.subarray(at, Math.min(bytes.length, at + 65536))
  }
}

/** A body that can be read once, as from a pipe. */
export function pipeBody(bytes: Buffer): ContentBody {
  let opened = false
  return (offset) => {
    if (opened) throw new ContentError("CANNOT_REWIND", `the pipe is past byte ${offset}`)
    opened = true
    return bodyInChunks(bytes)(offset)
  }
}

/** Pushes blobs, a manifest of them, and a tag. */
export async function pushImage(
  target: ContentTarget,
  blobs: readonly Content[],
  tag?: string,
): Promise<Content> {
  for (const { descriptor, body } of blobs) await target.push(descriptor, body)
  const image = manifest(blobs)
  await target.push(image.descriptor, image.body)
  if (tag !== undefined) await target.tag(image.descriptor, tag)
  return image
}

export async function read(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.from(await collect(chunks))
}

/** A client with a clock that jumps. */
export function makeClient(
  options: Partial<RegistryClientOptions> = {},
): RegistryClient & { clock: TestClock } {
  const clock = new TestClock()
  return Object.assign(new RegistryClient({ clock, ...options }), { clock })
}
