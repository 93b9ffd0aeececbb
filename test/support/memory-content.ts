import { ContentError } from "../../src/content/content-error.ts"
import type { ContentBody, ContentSource, ContentTarget, FetchOptions } from "../../src/content/interfaces.ts"
import { bodyOf } from "../../src/content/read-document.ts"
import { verified } from "../../src/content/verifying-reader.ts"
import type { Descriptor } from "../../src/oci/descriptor.ts"

/** Content in memory: a small source and target for tests, held to the same contract as the real ones. */
export class MemoryContent implements ContentSource, ContentTarget {
  readonly blobs = new Map<string, Uint8Array>()
  readonly tags = new Map<string, Descriptor>()

  async resolve(reference: string): Promise<Descriptor> {
    const descriptor = this.tags.get(reference)
    if (descriptor) return descriptor
    throw new ContentError("CONTENT_NOT_FOUND", `no ${reference} in memory`)
  }

  async *fetch(descriptor: Descriptor, options: FetchOptions = {}): AsyncGenerator<Uint8Array> {
    options.signal?.throwIfAborted()
    const bytes = this.blobs.get(descriptor.digest)
    if (!bytes) throw new ContentError("CONTENT_NOT_FOUND", `no ${descriptor.digest} in memory`)
    const { offset, length = bytes.length } = options.range ?? { offset: 0 }
    const part = bodyOf(bytes.subarray(offset, offset + length))(0)
    yield* options.range ? part : verified(descriptor, part, "memory")
  }

  async exists(descriptor: Descriptor): Promise<boolean> {
    return this.blobs.has(descriptor.digest)
  }

  async push(descriptor: Descriptor, body: ContentBody): Promise<void> {
    const kept: Uint8Array[] = []
    for await (const chunk of verified(descriptor, body(0), "memory")) kept.push(Buffer.from(chunk))
    this.blobs.set(descriptor.digest, Buffer.concat(kept))
  }

  async tag(descriptor: Descriptor, tag: string): Promise<void> {
    this.tags.set(tag, descriptor)
  }
}
