import { constants } from "node:fs"
import { open } from "node:fs/promises"
import { FileBytes } from "../content/file-bytes.ts"
import type { RandomAccess, ReadRangeOptions } from "../content/random-access.ts"
import type { ArchiveEntry } from "./archive-entry.ts"
import { ArchiveError, readFailure, truncated } from "./archive-error.ts"
import { type ByteSource, EntryReader } from "./entry-reader.ts"
import { padding } from "./header.ts"
import { isZero } from "./header-block.ts"
import { Window } from "./window.ts"

export interface ReadOptions {
  signal?: AbortSignal | undefined
}

interface ReadDataOptions extends ReadRangeOptions {
  /** Name of the entry that is read, for messages. */
  entry?: string | undefined
}

/** An archive in a file, or in whatever bytes, read at any place and by several readers at once. Nothing is unpacked. */
export class ArchiveFile {
  readonly path: string
  readonly bytes: RandomAccess
  #end: { offset: number } | undefined

  /** `path` is what messages call it. The bytes are disposed of with it. */
  constructor(path: string, bytes: RandomAccess) {
    this.path = path
    this.bytes = bytes
  }

  /** When it was opened, in bytes. */
  get size(): number {
    return this.bytes.size
  }

  /** Opens a regular file, also through symbolic links. Throws `NOT_AN_ARCHIVE` for anything else there, and system errors. */
  static async open(path: string): Promise<ArchiveFile> {
    // Without O_NONBLOCK a FIFO without a writer would hold the thread for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const status = await handle.stat()
      if (!status.isFile()) {
        throw new ArchiveError("NOT_AN_ARCHIVE", `${path} is not a regular file`, {
          hint: status.isDirectory() ? "name a file, not a folder" : "copy it to a file first",
        })
      }
      return new ArchiveFile(path, new FileBytes(handle, status.size))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** All entries in order, found by seeking: data is never read. Throws `ArchiveError`. */
  async *entries(options: ReadOptions = {}): AsyncGenerator<ArchiveEntry, void, undefined> {
    let position = 0
    const window = new Window(this.bytes)
    const source: ByteSource = {
      get position() {
        return position
      },
      take: async (length) => {
        const bytes = await this.#readWindow(window, position, length)
        position += bytes.length
        return bytes
      },
    }
    const reader = new EntryReader(source, this.path)
    for (;;) {
      options.signal?.throwIfAborted()
      const entry = await reader.next()
      if (entry === undefined) break
      position = entry.offset + entry.size + padding(entry.size)
      if (position > this.size) throw truncated(this.path, "a part of the data", this.size, entry.name)
      yield entry
    }
    this.#end = { offset: reader.end ?? this.size }
  }

  /** Where the end-of-archive marker begins; known once `entries` has come to it. */
  get end(): { offset: number } {
    if (this.#end === undefined) throw new Error("the entries have not been read to their end")
    return this.#end
  }

  /**
   * A range of its bytes; of a file in chunks of 1 MiB, reading ahead by one. Throws `TRUNCATED` where the file ends too early, and
   * `READ_FAILED` for what its disk does not give.
   */
  async *read(
    offset: number,
    length: number,
    { entry, ...options }: ReadDataOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let position = offset
    const chunks = this.bytes.read({ offset, length }, options)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { value: chunk, done } = await chunks.next().catch((error: unknown) => {
          throw readFailure(error, this.path, position, entry)
        })
        if (done) break
        position += chunk.length
        yield chunk
      }
    } finally {
      await chunks.return?.()
    }
    if (position < offset + length) throw truncated(this.path, "a part of the file", position)
  }

  /** Tells of one range after the other whether all its bytes are zero. Throws `TRUNCATED` where the file ends before it does. */
  zeros(options: ReadOptions = {}): (offset: number, length: number) => Promise<boolean> {
    const window = new Window(this.bytes)
    return async (offset, length) => {
      options.signal?.throwIfAborted()
      const bytes = await this.#readWindow(window, offset, length)
      if (bytes.length < length) throw truncated(this.path, "a part of the file", offset + bytes.length)
      return isZero(bytes)
    }
  }

  async #readWindow(window: Window, offset: number, length: number): Promise<Uint8Array> {
    try {
      return await window.read(offset, length)
    } catch (error) {
      throw readFailure(error, this.path, offset)
    }
  }

  async close(): Promise<void> {
    await this.bytes[Symbol.asyncDispose]()
  }
}
