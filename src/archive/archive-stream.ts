import type { ArchiveEntry } from "./archive-entry.ts"
import { truncated } from "./archive-error.ts"
import { ChunkReader } from "./chunk-reader.ts"
import { EntryReader } from "./entry-reader.ts"
import { padding } from "./header.ts"
import { isZero } from "./header-block.ts"

/** An entry as it passes. */
export interface StreamedEntry {
  entry: ArchiveEntry
  /** The data, once. What is left of it is skipped by the next `next`. Throws `TRUNCATED`. */
  body: AsyncGenerator<Uint8Array, void, undefined>
  /** Whether the bytes behind the data are zero, as they should be; known when the body is read or skipped. */
  readonly paddingIsZero: boolean
}

/** An archive that comes as a sequence of chunks, as from a pipe, and is read once. The caller ends `chunks`. */
export class ArchiveStream {
  readonly #name: string
  readonly #input: ChunkReader
  readonly #reader: EntryReader
  #current: Passage | undefined

  /** `name` stands for the archive in messages. */
  constructor(
    chunks: AsyncIterable<Uint8Array>,
    name = "the archive",
    options: { signal?: AbortSignal | undefined } = {},
  ) {
    this.#name = name
    this.#input = new ChunkReader(chunks, options.signal)
    this.#reader = new EntryReader(this.#input, name)
  }

  /** The next entry, or `undefined` at the end-of-archive marker. Throws `ArchiveError`. */
  async next(): Promise<StreamedEntry | undefined> {
    await this.#current?.skip()
    this.#current = undefined
    if (this.#reader.end !== undefined) return undefined
    const entry = await this.#reader.next()
    if (entry === undefined) return undefined
    const passage = new Passage(this.#input, entry, this.#name)
    this.#current = passage
    return {
      entry,
      body: passage.body(),
      get paddingIsZero() {
        return passage.paddingIsZero
      },
    }
  }

  /** Counts the bytes between the end-of-archive marker and the end of the stream, up to `limit` of them. */
  async rest(limit: number): Promise<number> {
    let count = 0
    for (let length = 1; length > 0 && count < limit; count += length) {
      length = (await this.#input.some(limit - count)).length
    }
    return count
  }
}

/** The data and the padding of one entry on their way. */
class Passage {
  readonly #input: ChunkReader
  readonly #entry: ArchiveEntry
  readonly #origin: string
  #left: number
  #isPadded = false
  #isOver = false
  paddingIsZero = true

  constructor(input: ChunkReader, entry: ArchiveEntry, origin: string) {
    this.#input = input
    this.#entry = entry
    this.#origin = origin
    this.#left = entry.size
  }

  async *body(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#isOver) throw new Error("the stream has gone past this entry")
    while (this.#left > 0) {
      yield await this.#some()
      if (this.#isOver) throw new Error("the stream has gone past this entry")
    }
    await this.#pad()
  }

  async skip(): Promise<void> {
    this.#isOver = true
    while (this.#left > 0) await this.#some()
    await this.#pad()
  }

  async #some(): Promise<Uint8Array> {
    const bytes = await this.#input.some(this.#left)
    if (bytes.length === 0) throw this.#truncated("a part of the data")
    this.#left -= bytes.length
    return bytes
  }

  async #pad(): Promise<void> {
    if (this.#isPadded) return
    this.#isPadded = true
    const length = padding(this.#entry.size)
    const bytes = await this.#input.take(length)
    if (bytes.length < length) throw this.#truncated("a part of the padding")
    this.paddingIsZero = isZero(bytes)
  }

  #truncated(what: string) {
    return truncated(this.#origin, what, this.#input.position, this.#entry.name)
  }
}
