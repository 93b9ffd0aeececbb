import type { FileHandle } from "node:fs/promises"
import type { ReadRangeOptions } from "./random-access.ts"

const CHUNK_SIZE = 1024 * 1024

const NOTHING = Promise.resolve(new Uint8Array())

/** One chunk with the consumer, four that it may still look at, and one that is being filled, with some to spare. */
const REUSED_BUFFERS = 8

/**
 * Reads a file from byte `start` up to byte `end` in chunks of 1 MiB, or of the given buffers, the next one on its way
 * while one is used. Ends early where the file does.
 */
export async function* readFileRange(
  file: FileHandle,
  start: number,
  end: number,
  options: ReadRangeOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffers = [...(options.buffers ?? [])]
  const chunkSize = buffers[0]?.length ?? CHUNK_SIZE
  const count = options.buffers?.length ?? REUSED_BUFFERS
  // Most ranges are smaller than a chunk: buffers of a full one would be most of the work.
  const isReusing = options.buffers !== undefined || (options.reuseChunks && end - start > CHUNK_SIZE)
  const nextBuffer = (length: number) => {
    if (!isReusing) return Buffer.allocUnsafeSlow(length)
    const buffer = buffers.length < count ? Buffer.allocUnsafeSlow(chunkSize) : buffers.shift()
    buffers.push(buffer as Buffer)
    return (buffer as Buffer).subarray(0, length)
  }
  let position = start
  const readNext = () => {
    const chunk = readFully(file, position, nextBuffer(Math.max(0, Math.min(chunkSize, end - position))))
    // It may fail while the consumer is still busy with the chunk before: that is heard at the next turn.
    chunk.catch(() => undefined)
    position += chunkSize
    return chunk
  }
  let ahead = readNext()
  try {
    while (true) {
      options.signal?.throwIfAborted()
      const chunk = await ahead
      if (chunk.length === 0) return
      ahead = position < end ? readNext() : NOTHING
      yield chunk
    }
  } finally {
    await ahead.catch(() => undefined)
  }
}

/**
 * Writes chunks into a file from `position` on, in batches of 1 MiB: one is written while the next is fetched.
 * `onWritten` hears of each range, in bytes, when a reader of the file would see it.
 */
export async function writeFileRange(
  file: FileHandle,
  position: number,
  chunks: AsyncIterable<Uint8Array>,
  onWritten?: (offset: number, length: number) => void,
): Promise<void> {
  let offset = position
  let batch: Uint8Array[] = []
  let batchSize = 0
  let writing = Promise.resolve()
  const flush = async () => {
    await writing
    writing = writeBatch(file, offset, batch, batchSize, onWritten)
    // Whoever awaits it sees its failure; until then nobody may.
    writing.catch(() => undefined)
    offset += batchSize
    batch = []
    batchSize = 0
  }
  try {
    for await (const chunk of chunks) {
      batch.push(chunk)
      batchSize += chunk.length
      if (batchSize >= CHUNK_SIZE) await flush()
    }
    if (batchSize > 0) await flush()
  } finally {
    await writing
  }
}

async function writeBatch(
  file: FileHandle,
  offset: number,
  batch: readonly Uint8Array[],
  size: number,
  onWritten: ((offset: number, length: number) => void) | undefined,
): Promise<void> {
  let left = batch
  for (let written = 0; written < size; ) {
    const { bytesWritten } = await file.writev(left, offset + written)
    written += bytesWritten
    if (written < size) left = withoutFirst(left, bytesWritten)
  }
  onWritten?.(offset, size)
}

/** What is left of chunks when `count` bytes of them have been written: a full disk or a signal cuts writes short. */
function withoutFirst(chunks: readonly Uint8Array[], count: number): Uint8Array[] {
  const all = Buffer.concat(chunks)
  return [all.subarray(count)]
}

/** Fills the buffer with bytes of a file from `position` on; gives fewer only where the file ends. */
async function readFully(file: FileHandle, position: number, buffer: Buffer): Promise<Uint8Array> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
