import { UsageError } from "./usage-error.ts"

const CHUNK_SIZE = 1024 * 1024

/** The bytes on standard input, in large chunks. Throws when that is a terminal. */
export function standardInput(): AsyncIterable<Uint8Array> {
  if (process.stdin.isTTY) {
    throw new UsageError("USAGE", "standard input is a terminal", { hint: "pipe a bundle into this command, or name a file" })
  }
  return read()
}

async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
  const { createReadStream } = await import("node:fs")
  yield* createReadStream("", { fd: 0, autoClose: false, highWaterMark: CHUNK_SIZE })
}
