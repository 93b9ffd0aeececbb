import type { Place } from "../archive/planner.ts"
import type { HashPool, RunningHash } from "./hash-pool.ts"
import type { FileDigest, IntegrityAlgorithm } from "./integrity.ts"

/** Hashed at once, in bytes: less would be more messages than work. */
const STEP = 1024 * 1024

type Blob = Place & { size: number }

/**
 * Hashes a whole file on other threads while blobs are being written into it, several at once: as far as it is
 * written from its beginning on. All that lies between the blobs is written before.
 */
export class GrowingHash {
  readonly #hashes: readonly RunningHash<IntegrityAlgorithm>[]
  readonly #blobs: readonly Blob[]
  readonly #size: number
  /** Where each blob is written to, by where it begins. */
  readonly #ends = new Map<number, number>()
  #next = 0
  #hashed = 0

  /** `blobs` come in the order in which they lie; `size` is that of the file, in bytes. */
  constructor(
    pool: HashPool,
    algorithms: readonly IntegrityAlgorithm[],
    blobs: readonly Blob[],
    size: number,
  ) {
    this.#hashes = algorithms.map((algorithm) => pool.start(algorithm, size))
    this.#blobs = blobs
    this.#size = size
  }

  /** Hears of a range of a blob that was written; those of one blob come in order. In bytes, from the file's beginning. */
  wrote(blob: Blob, offset: number, length: number): void {
    this.#ends.set(blob.offset, offset + length)
    this.#advance()
  }

  /** Ends the hashes, when all is written. */
  async digests(): Promise<FileDigest[]> {
    this.#advance()
    return Promise.all(this.#hashes.map((hash) => hash.digest()))
  }

  #advance(): void {
    let blob = this.#blobs[this.#next]
    while (blob !== undefined && this.#endOf(blob) === blob.offset + blob.size)
      blob = this.#blobs[++this.#next]
    this.#hashUpTo(blob === undefined ? this.#size : this.#endOf(blob))
  }

  /** To where a blob is written. */
  #endOf(blob: Blob): number {
    return this.#ends.get(blob.offset) ?? blob.offset
  }

  #hashUpTo(end: number): void {
    const length = end - this.#hashed
    if (length < STEP && end < this.#size) return
    if (length === 0) return
    for (const hash of this.#hashes) hash.update(this.#hashed, length)
    this.#hashed = end
  }
}
