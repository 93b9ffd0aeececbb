import { createHash } from "node:crypto"
import { END_OF_ARCHIVE_SIZE, encodeHeader, padding } from "../archive/header.ts"
import { ContentError } from "../content/content-error.ts"
import type { ContentFetcher } from "../content/interfaces.ts"
import type { RandomAccess, Range, ReadRangeOptions } from "../content/random-access.ts"
import { digestMismatch } from "../content/verifying-reader.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { digestAlgorithm, finishDigest } from "../oci/digest.ts"
import type { BundleFile, BundlePlan } from "./bundle-plan.ts"

/**
 * A bundle that lies nowhere, to be read at any place as if it did: what is planned is at hand, and blobs are read from where they are
 * when they are asked for. The bytes are those that `bundleBytes` gives.
 */
export class PlannedBundle implements RandomAccess {
  readonly plan: BundlePlan
  readonly #source: ContentFetcher

  constructor(source: ContentFetcher, plan: BundlePlan) {
    this.plan = plan
    this.#source = source
  }

  get size(): number {
    return this.plan.size
  }

  /**
   * A blob that is read from its first byte to its last is verified: what is wrong with it is thrown before anything that follows
   * it is given out. Of a part of a blob the length alone can be. Throws `DIGEST_MISMATCH`, `SIZE_MISMATCH` and what the source throws.
   */
  async *read(
    { offset, length }: Range,
    options: ReadRangeOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const end = Math.min(offset + length, this.size)
    const { files } = this.plan
    const first = files.findIndex((file) => endOf(file) > offset)
    for (const file of first < 0 ? [] : files.slice(first)) {
      if (file.headerOffset >= end) return
      yield* partOf(encodeHeader(file.name, file.size), file.headerOffset, offset, end)
      yield* this.#contentOf(file, offset, end, options)
      yield* partOf(new Uint8Array(padding(file.size)), file.offset + file.size, offset, end)
    }
    yield* partOf(new Uint8Array(END_OF_ARCHIVE_SIZE), this.size - END_OF_ARCHIVE_SIZE, offset, end)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async *#contentOf(
    file: BundleFile,
    offset: number,
    end: number,
    { signal, buffers }: ReadRangeOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (file.content instanceof Uint8Array) return yield* partOf(file.content, file.offset, offset, end)
    const from = Math.max(0, offset - file.offset)
    const until = Math.min(file.size, end - file.offset)
    // There is nothing to read of an empty blob, and nothing that could be wrong with it.
    if (from >= until) return
    const range = { offset: from, length: until - from }
    const chunks = this.#source.fetch(file.content, { range, signal, buffers })
    yield* from === 0 && until === file.size
      ? verifiedAsItPasses(file.content, chunks, file.name)
      : ofLength(range.length, chunks, file)
  }
}

function endOf(file: BundleFile): number {
  return file.offset + file.size + padding(file.size)
}

/** What of bytes that stand at `place` lies between two places. */
function* partOf(bytes: Uint8Array, place: number, offset: number, end: number): Generator<Uint8Array> {
  const part = bytes.subarray(Math.max(0, offset - place), Math.max(0, end - place))
  if (part.length > 0) yield part
}

/**
 * Not `verified`, which holds a chunk back: by then its buffer would hold another. Whoever reads sees the failure before the bytes that
 * follow the blob.
 */
async function* verifiedAsItPasses(
  blob: Descriptor,
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const algorithm = digestAlgorithm(blob.digest)
  const hash = createHash(algorithm)
  for await (const chunk of ofLength(blob.size, chunks, { name, content: blob })) {
    hash.update(chunk)
    yield chunk
  }
  const found = finishDigest(algorithm, hash)
  if (found !== blob.digest) throw digestMismatch(blob, found, name)
}

async function* ofLength(
  length: number,
  chunks: AsyncIterable<Uint8Array>,
  { name }: Pick<BundleFile, "name" | "content">,
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = 0
  for await (const chunk of chunks) {
    received += chunk.length
    if (received > length) break
    yield chunk
  }
  if (received === length) return
  const found = received > length ? `more than ${length}` : String(received)
  throw new ContentError("SIZE_MISMATCH", `${name}: asked for ${length} bytes, there are ${found}`, {
    hint: "the content is cut off or altered where it is kept; bring it there again, by importing its bundle",
  })
}
