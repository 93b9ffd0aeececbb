import type { FileHandle } from "node:fs/promises"

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
    if (length > WINDOW_SIZE) return readUpTo(this.#file, offset, Buffer.allocUnsafeSlow(length))
    if (offset < this.#start || offset + length > this.#start + this.#length) {
      this.#length = 0
      this.#length = (await readUpTo(this.#file, offset, this.#buffer)).length
      this.#start = offset
    }
    const at = offset - this.#start
    return this.#buffer.subarray(at, Math.min(at + length, this.#length))
  }
}

async function readUpTo(file: FileHandle, offset: number, buffer: Buffer): Promise<Uint8Array> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
