import { abortable } from "../content/abortable.ts"
import { ContentError } from "../content/content-error.ts"
import type { ContentBody } from "../content/interfaces.ts"
import type { Descriptor } from "../oci/descriptor.ts"

/**
 * Hands out a body in parts of exact length, reading one chunk ahead while the one before is on its way. The body is
 * opened again only if a part does not begin where the last one ended, so that one from a pipe goes on as long as
 * nothing has to be sent twice.
 */
export class UploadBody {
  /** What the body itself threw: no fault of the registry, and nothing that another try can mend. */
  failure: unknown
  readonly #open: ContentBody
  readonly #descriptor: Descriptor
  readonly #signal: AbortSignal | undefined
  readonly #stop = new AbortController()
  readonly #onAbort = () => this.#stop.abort(this.#signal?.reason)
  #isReading = false
  #source: AsyncIterator<Uint8Array> | undefined
  #ahead: Promise<IteratorResult<Uint8Array>> | undefined
  #rest: Uint8Array | undefined
  #position = 0
  #part = 0

  constructor(descriptor: Descriptor, open: ContentBody, signal: AbortSignal | undefined) {
    this.#descriptor = descriptor
    this.#signal = signal
    this.#open = (offset) => abortable(open(offset), this.#stop.signal)
    if (signal?.aborted) this.#onAbort()
    signal?.addEventListener("abort", this.#onAbort, { once: true })
  }

  /** The bytes from `offset` on, `length` of them. A part ends silently when the next one is begun. */
  async *part(offset: number, length: number): AsyncGenerator<Uint8Array, void, undefined> {
    const part = ++this.#part
    try {
      if (this.#source === undefined || this.#position !== offset) await this.#reopen(offset)
      for (let left = length; left > 0; ) {
        const chunk = await this.#peek()
        if (part !== this.#part) return
        if (chunk === undefined) throw this.#wrongSize(`only ${this.#position}`)
        const taken = chunk.subarray(0, left)
        await this.#take(chunk, taken.length)
        left -= taken.length
        yield taken
      }
    } catch (error) {
      if (part === this.#part) this.failure ??= error
      throw error
    }
  }

  /** Ends it. What the source is asked for just now may never come, as from a pipe that stalls: it is not waited for. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort)
    if (this.#isReading) this.#stop.abort(new DOMException("the upload has ended", "AbortError"))
    await this.#leave()
  }

  async #leave(): Promise<void> {
    this.#part++
    const source = this.#source
    this.#source = undefined
    this.#ahead = undefined
    this.#rest = undefined
    await source?.return?.()
  }

  async #reopen(offset: number): Promise<void> {
    const part = this.#part
    await this.#leave()
    this.#part = part
    this.#source = this.#open(offset)[Symbol.asyncIterator]()
    this.#position = offset
  }

  /** The next chunk; it stays the next one until it is taken. */
  async #peek(): Promise<Uint8Array | undefined> {
    while (this.#rest === undefined || this.#rest.length === 0) {
      const ahead = this.#readAhead()
      const result = await ahead
      if (this.#ahead !== ahead) continue
      if (result.done) return undefined
      this.#ahead = undefined
      this.#rest = result.value
    }
    return this.#rest
  }

  async #take(chunk: Uint8Array, length: number): Promise<void> {
    this.#position += length
    this.#rest = chunk.subarray(length)
    const whole = this.#position === this.#descriptor.size
    if (this.#rest.length === 0) {
      const ahead = this.#readAhead()
      // A source that verifies says so at its end. The registry must not have the last byte before that.
      if (!whole || (await ahead).done) return
    }
    if (whole) throw this.#wrongSize(`more than ${this.#descriptor.size}`)
  }

  #readAhead(): Promise<IteratorResult<Uint8Array>> {
    this.#ahead ??= this.#read()
    // Whoever awaits it sees its failure; until then nobody may.
    this.#ahead.catch(() => undefined)
    return this.#ahead
  }

  async #read(): Promise<IteratorResult<Uint8Array>> {
    this.#isReading = true
    try {
      return (await this.#source?.next()) ?? { done: true, value: undefined }
    } finally {
      this.#isReading = false
    }
  }

  #wrongSize(found: string): ContentError {
    const { digest, size } = this.#descriptor
    return new ContentError(
      "SIZE_MISMATCH",
      `the source gives ${found} bytes of ${digest}, its descriptor says ${size}`,
    )
  }
}
