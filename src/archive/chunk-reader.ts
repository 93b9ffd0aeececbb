/** Cuts a sequence of chunks into the lengths that its user asks for. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #signal: AbortSignal | undefined
  #left: Uint8Array = new Uint8Array()
  #position = 0

  constructor(chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#signal = signal
  }

  /** Bytes given out so far. */
  get position(): number {
    return this.#position
  }

  /** Between one and `length` bytes, without copying; none only at the end. */
  async some(length: number): Promise<Uint8Array> {
    while (this.#left.length === 0) {
      const next = await this.#next()
      if (next.done) return this.#left
      this.#left = next.value
    }
    const bytes = this.#left.subarray(0, length)
    this.#left = this.#left.subarray(length)
    this.#position += bytes.length
    return bytes
  }

  /** The next `length` bytes, without copying where they came in one chunk; fewer only at the end. */
  async take(length: number): Promise<Uint8Array> {
    // For nothing, a silent pipe is not waited for.
    if (length === 0) return new Uint8Array()
    if (this.#left.length >= length) return this.some(length)
    const parts: Uint8Array[] = []
    let missing = length
    while (missing > 0) {
      const part = await this.some(missing)
      if (part.length === 0) break
      parts.push(part)
      missing -= part.length
    }
    return Buffer.concat(parts)
  }

  /** A pipe can stay silent for ever, so an abort does not wait for its next chunk. */
  #next(): Promise<IteratorResult<Uint8Array>> {
    const signal = this.#signal
    if (signal === undefined) return this.#chunks.next()
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const stop = () => reject(signal.reason)
      signal.addEventListener("abort", stop, { once: true })
      this.#chunks
        .next()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", stop))
    })
  }
}
