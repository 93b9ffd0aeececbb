import { truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { ArchiveFile } from "../../src/archive/archive-file.ts"
import { temporaryFolder, writeArchive } from "./support.ts"

const folder = temporaryFolder()
const MIB = 1024 * 1024

function numbered(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(at, at)
  return bytes
}

async function withFile(name: string, bytes: Uint8Array, use: (file: ArchiveFile) => Promise<void>) {
  writeFileSync(join(folder, name), bytes)
  const file = await ArchiveFile.open(join(folder, name))
  try {
    await use(file)
  } finally {
    await file.close()
  }
}

test("ranges are read in chunks of 1 MiB, several at once", async () => {
  const bytes = numbered(5 * MIB + 300)
  await withFile("ranges", bytes, async (file) => {
    const ranges: [number, number][] = [
      [0, bytes.length],
      [7, 3 * MIB],
      [MIB, MIB],
      [bytes.length - 1, 1],
      [5, 0],
    ]
    const read = await Promise.all(
      ranges.map(([offset, length]) => Array.fromAsync(file.read(offset, length))),
    )
    for (const [at, [offset, length]] of ranges.entries()) {
      const joined = Buffer.concat(read[at] ?? [])
      expect(joined.equals(bytes.subarray(offset, offset + length))).toBe(true)
    }
    expect(read[0]?.map((chunk) => chunk.length)).toEqual([...Array(5).fill(MIB), 300])
  })
})

test("with reused buffers a chunk stays right until the one after the next is asked for", async () => {
  const bytes = numbered(9 * MIB + 5)
  await withFile("reused", bytes, async (file) => {
    const chunks = file.read(3, bytes.length - 3, { reuseChunks: true })
    const held: Uint8Array[] = []
    let position = 3
    for await (const chunk of chunks) {
      held.push(chunk)
      if (held.length < 3) continue
      const oldest = held.shift()
      expect(bytes.subarray(position, position + MIB).equals(oldest ?? Buffer.alloc(0))).toBe(true)
      position += MIB
    }
    expect(bytes.subarray(position).equals(Buffer.concat(held))).toBe(true)
  })
})

test("a file that shrinks while it is read is cut off, not padded", async () => {
  await withFile("shrinks", numbered(4 * MIB), async (file) => {
    const chunks = file.read(0, file.size)
    await chunks.next()
    truncateSync(file.path, 2 * MIB + 10)
    await expect(Array.fromAsync(chunks)).rejects.toMatchObject({ code: "TRUNCATED", offset: 2 * MIB + 10 })
  })
})

test("a reader that stops early lets the file be closed", async () => {
  await withFile("stops", numbered(4 * MIB), async (file) => {
    for await (const _ of file.read(0, file.size)) break
  })
})

test("an abort ends reading and listing", async () => {
  await withFile("abort", writeArchive([{ name: "a", data: "1" }]), async (file) => {
    const stop = new AbortController()
    const chunks = file.read(0, 100, { signal: stop.signal })
    const entries = file.entries({ signal: stop.signal })
    await entries.next()
    stop.abort(new Error("enough"))
    await expect(chunks.next()).rejects.toThrow("enough")
    await expect(entries.next()).rejects.toThrow("enough")
  })
})

test("zero ranges are told from others to the byte", async () => {
  const bytes = Buffer.alloc(2 * MIB)
  bytes[2 * MIB - 1] = 1
  await withFile("zeros", bytes, async (file) => {
    const areZeros = file.zeros()
    expect(await areZeros(0, 2 * MIB - 1)).toBe(true)
    expect(await areZeros(0, 2 * MIB)).toBe(false)
    expect(await areZeros(2 * MIB, 0)).toBe(true)
    expect(await areZeros(2 * MIB - 512, 511)).toBe(true)
    expect(await areZeros(2 * MIB - 512, 512)).toBe(false)
    await expect(areZeros(2 * MIB, 1)).rejects.toMatchObject({ code: "TRUNCATED" })
  })
})

test("the end is not known before the entries have been read", async () => {
  await withFile("end", writeArchive([]), async (file) => {
    expect(() => file.end).toThrow("the entries have not been read to their end")
    await Array.fromAsync(file.entries())
    expect(file.end).toEqual({ offset: 0 })
  })
})
