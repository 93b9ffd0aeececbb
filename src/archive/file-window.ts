import type { FileHandle } from "node:fs/promises"
import { readFully } from "../content/file-range.ts"

/** Read at once, in bytes. */
const WINDOW_SIZE = 32 * 1024

/**
 * Reads small ranges that lie close together, as headers and padding between small files do: each by itself would be a
 * call to the system, and a buffer of its own. For one reader, which asks for one range after the other.
 */
export class FileWindow {
  readonly #file: FileHandle
  readonly #buffer = Buffer.allocUnsafeSlow(WINDOW_SIZE)
  #start = 0
  #length = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** A range of the file, fewer bytes only where the file ends. They are good until the next range is asked for. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (length > WINDOW_SIZE) return readFully(this.#file, offset, Buffer.allocUnsafeSlow(length))
    if (offset < this.#start || offset + length > this.#start + this.#length) {
      this.#length = 0
      this.#length = (await readFully(this.#file, offset, this.#buffer)).length
      this.#start = offset
    }
    const at = offset - this.#start
    return this.#buffer.subarray(at, Math.min(at + length, this.#length))
  }
}
