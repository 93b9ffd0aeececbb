import type { RandomAccess, ReadRangeOptions } from "../content/random-access.ts"

/** Read at once, in bytes. */
const WINDOW_SIZE = 32 * 1024

/**
 * Reads small ranges that lie close together, as headers and padding between small files do: each by itself would be a
 * call to the system, and a buffer of its own. For one reader, which asks for one range after the other.
 */
export class Window {
  readonly #bytes: RandomAccess
  readonly #buffers = [Buffer.allocUnsafeSlow(WINDOW_SIZE), Buffer.allocUnsafeSlow(WINDOW_SIZE)] as const
  #start = 0
  #window: Uint8Array = new Uint8Array()

  constructor(bytes: RandomAccess) {
    this.#bytes = bytes
  }

  /** A range, fewer bytes only where they end. They are good until the next range is asked for. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (length > WINDOW_SIZE) return this.#collect(offset, length)
    if (offset < this.#start || offset + length > this.#start + this.#window.length) {
      this.#window = this.#window.subarray(0, 0)
      this.#window = await this.#collect(offset, WINDOW_SIZE, this.#buffers)
      this.#start = offset
    }
    return this.#window.subarray(offset - this.#start, offset - this.#start + length)
  }

  async #collect(offset: number, length: number, buffers?: ReadRangeOptions["buffers"]): Promise<Uint8Array> {
    let bytes: Uint8Array = new Uint8Array()
    for await (const chunk of this.#bytes.read({ offset, length }, { buffers })) {
      // As that of a file: it stays good, since no other is asked for.
      if (chunk.length === length) return chunk
      bytes = Buffer.concat([bytes, chunk])
    }
    return bytes
  }
}
