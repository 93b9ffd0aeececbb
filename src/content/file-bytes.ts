import type { FileHandle } from "node:fs/promises"
import { readFileRange } from "./file-range.ts"
import type { RandomAccess, Range, ReadRangeOptions } from "./random-access.ts"

/** The bytes of an open file, which is closed with them. */
export class FileBytes implements RandomAccess {
  readonly size: number
  readonly #file: FileHandle

  /** `size` is that of the file, in bytes. */
  constructor(file: FileHandle, size: number) {
    this.#file = file
    this.size = size
  }

  get fd(): number {
    return this.#file.fd
  }

  read({ offset, length }: Range, options?: ReadRangeOptions): AsyncIterable<Uint8Array> {
    return readFileRange(this.#file, offset, offset + length, options)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close()
  }
}
