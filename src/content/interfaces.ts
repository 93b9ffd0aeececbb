import type { Descriptor } from "../oci/descriptor.ts"

export interface OperationOptions {
  signal?: AbortSignal | undefined
}

/** A part of content, in bytes. Without `length` it goes to the end. */
export interface ByteRange {
  offset: number
  length?: number | undefined
}

export interface FetchOptions extends OperationOptions {
  /** A part instead of the whole. Only the whole can be verified; a part comes as the source has it. */
  range?: ByteRange | undefined
  /** The consumer verifies the digest by itself, as one that hashes on another thread does. Default `false`. */
  unhashed?: boolean | undefined
  /**
   * Lets the source write into a chunk again, once the consumer has asked for the fourth after it: gigabytes then
   * pass without garbage. Only sources of chunks of 1 MiB do so. Default `false`: chunks stay as they are.
   */
  reuseChunks?: boolean | undefined
  /** Of a part alone: see `ReadRangeOptions.buffers`. A source that has its chunks anyway leaves them alone. */
  buffers?: readonly [Buffer, Buffer] | undefined
}

export interface ContentFetcher {
  /**
   * Reads content. Reading the whole verifies it: the last chunk is given out only after size and digest have
   * proved right. A range that begins at the end gives nothing. Throws `CONTENT_NOT_FOUND`, `SIZE_MISMATCH`, `DIGEST_MISMATCH`.
   */
  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncIterable<Uint8Array>
}

interface ContentResolver {
  /** Resolves a tag or a digest to a descriptor. Throws `CONTENT_NOT_FOUND`. */
  resolve(reference: string, options?: OperationOptions): Promise<Descriptor>
}

export interface ContentSource extends ContentFetcher, ContentResolver {}

/**
 * Makes the bytes of content from `offset` on, as often as asked: a retry needs them again. A chunk is good until
 * the fourth after it has been asked for.
 * A body that comes from a pipe throws `CANNOT_REWIND` for an offset it has passed.
 */
export type ContentBody = (offset: number) => AsyncIterable<Uint8Array>

export interface ContentTarget {
  /** Changes nothing. */
  exists(descriptor: Descriptor, options?: OperationOptions): Promise<boolean>
  /** Stores content under its digest. Wrong content is refused and leaves nothing behind; content that is there is fine. */
  push(descriptor: Descriptor, body: ContentBody, options?: OperationOptions): Promise<void>
  /** Points a tag at a manifest that is there. */
  tag(descriptor: Descriptor, tag: string, options?: OperationOptions): Promise<void>
  /** Points many tags at manifests that are there, where that is cheaper than one after the other. */
  tagAll?(tags: ReadonlyMap<string, Descriptor>, options?: OperationOptions): Promise<void>
  /**
   * Takes a blob over from another repository of the same registry without sending it, or with `null` from whichever
   * the registry finds; `false` where it does not do so.
   */
  mount?(descriptor: Descriptor, fromRepository: string | null, options?: OperationOptions): Promise<boolean>
}

/** A target that collects what nothing needs, and can be told that something will: a capability, see `isKeeper`. */
export interface ContentKeeper {
  /** As `exists`, by somebody who goes on to rely on it: the content stays while a lease lasts. */
  claim(descriptor: Descriptor, options?: OperationOptions): Promise<boolean>
  /** Keeps what is pushed or claimed from now on, until it is disposed of or its process ends. */
  lease(options?: OperationOptions): Promise<AsyncDisposable>
}

export function isKeeper(target: object): target is ContentKeeper {
  return "claim" in target && "lease" in target
}
