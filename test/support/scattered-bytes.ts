import { open, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { FileBytes } from "../../src/content/file-bytes.ts"
import type { RandomAccess, Range, ReadRangeOptions } from "../../src/content/random-access.ts"
import { startServer } from "./registry/http-server.ts"
import { temporaryFolder } from "./temporary-folder.ts"

/** Bytes that lie in files, each with `size` of them but the last. */
export async function bytesInParts(bytes: Uint8Array, size: number): Promise<RandomAccess> {
  const folder = await temporaryFolder()
  const parts: FileBytes[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const path = join(folder, `part.${parts.length}`)
    const part = bytes.subarray(at, at + size)
    await writeFile(path, part)
    parts.push(new FileBytes(await open(path), part.length))
  }
  return {
    size: bytes.length,
    async *read({ offset, length }: Range, options?: ReadRangeOptions) {
      const end = offset + length
      for (const [at, part] of parts.entries()) {
        const start = at * size
        const from = Math.max(offset, start) - start
        const to = Math.min(end, start + part.size) - start
        if (from < to) yield* part.read({ offset: from, length: to - from }, options)
      }
    },
    async [Symbol.asyncDispose]() {
      for (const part of parts) await part[Symbol.asyncDispose]()
    },
  }
}

/** Bytes that a server on loopback gives range by range; `asked` are the ranges that it was asked for. */
export async function bytesBehindHttp(
  bytes: Uint8Array,
): Promise<{ source: RandomAccess; asked: string[]; close: () => Promise<void> }> {
  const asked: string[] = []
  const server = await startServer(async (request, response) => {
    const range = request.headers.range ?? ""
    asked.push(range)
    const [first = 0, last = bytes.length - 1] = range.replace("bytes=", "").split("-").map(Number)
    const isThere = first < bytes.length
    response.writeHead(isThere ? 206 : 416).end(isThere ? bytes.subarray(first, last + 1) : undefined)
  })
  const source = {
    size: bytes.length,
    async *read({ offset, length }: Range, { signal }: ReadRangeOptions = {}) {
      if (length === 0) return
      const headers = { range: `bytes=${offset}-${offset + length - 1}` }
      const answer = await fetch(server.origin, { headers, signal: signal ?? null })
      if (answer.status === 206 && answer.body) yield* answer.body as AsyncIterable<Uint8Array>
      else await answer.body?.cancel()
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
  return { source, asked, close: server.close }
}
