import type { FileHandle } from "node:fs/promises"

const CHUNK_SIZE = 1024 * 1024

/**
 * Reads a file from byte `start` up to byte `end` in chunks of 1 MiB, the next one on its way while one is used.
 * Ends early where the file does.
 */
export async function* fileChunks(
  file: FileHandle,
  start: number,
  end: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = start
  const readNext = () => {
    const chunk = readChunk(file, position, Math.min(CHUNK_SIZE, end - position))
    // It may fail while the consumer is still busy with the chunk before: that is heard at the next turn.
    chunk.catch(() => {})
    return chunk
  }
  let ahead = readNext()
  try {
    while (true) {
      signal?.throwIfAborted()
      const chunk = await ahead
      if (chunk.length === 0) return
      position += chunk.length
      ahead = readNext()
      yield chunk
    }
  } finally {
    await ahead.catch(() => {})
  }
}

async function readChunk(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  if (length <= 0) return new Uint8Array(0)
  const buffer = Buffer.allocUnsafeSlow(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** Writes chunks to the end of a file, fetching the next one while one is written. */
export async function writeChunks(file: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let writing = Promise.resolve()
  for await (const chunk of chunks) {
    await writing
    writing = writeWhole(file, chunk)
    writing.catch(() => {})
  }
  await writing
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0
  while (written < chunk.length) written += (await file.write(chunk, written)).bytesWritten
}
