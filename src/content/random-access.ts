import type { OperationOptions } from "./interfaces.ts"

/** A part of some bytes, in bytes from their beginning. */
export interface Range {
  offset: number
  length: number
}

export interface ReadRangeOptions extends OperationOptions {
  /** See `FetchOptions.reuseChunks`. Default `false`. */
  reuseChunks?: boolean | undefined
  /**
   * Two buffers of one size, to be filled by turns instead of new ones: a chunk is then good until the next is asked for.
   * A source that has its chunks anyway leaves them alone.
   */
  buffers?: readonly [Buffer, Buffer] | undefined
}

/** Bytes that can be read at any place, by several readers at once. Whoever has opened them disposes of them. */
export interface RandomAccess extends AsyncDisposable {
  /** In bytes. */
  readonly size: number
  /** Reads a range in order. Ends early where the bytes do. */
  read(range: Range, options?: ReadRangeOptions): AsyncIterable<Uint8Array>
  /** Where they are those of one open file: other threads can read it for themselves. */
  readonly fd?: number | undefined
}
