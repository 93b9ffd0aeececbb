/**
 * Starts reading at once and keeps at most `limit` bytes that nobody has asked for yet, so that the next content is
 * on its way while the one before is being written.
 */
export class ReadAhead implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  readonly #limit: number
  #buffered = 0
  #ended = false
  #failure: { error: unknown } | undefined
  #stopped = false
  #wake = Promise.withResolvers<void>()
  readonly #filled: Promise<void>

  constructor(source: AsyncIterable<Uint8Array>, limit: number) {
    this.#limit = limit
    this.#filled = this.#fill(source)
  }

  /** Stops reading and lets go of the source. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#signal()
    await this.#filled
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    while (true) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#buffered -= chunk.length
        this.#signal()
        yield chunk
      } else if (this.#failure) {
        throw this.#failure.error
      } else if (this.#ended) {
        return
      } else {
        await this.#wake.promise
      }
    }
  }

  async #fill(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of source) {
        this.#chunks.push(chunk)
        this.#buffered += chunk.length
        this.#signal()
        while (this.#buffered >= this.#limit && !this.#stopped) await this.#wake.promise
        if (this.#stopped) break
      }
    } catch (error) {
      this.#failure = { error }
    }
    this.#ended = true
    this.#signal()
  }

  #signal(): void {
    const waiting = this.#wake
    this.#wake = Promise.withResolvers()
    waiting.resolve()
  }
}
