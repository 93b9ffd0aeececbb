import { open, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { readFileRange, writeFileRange } from "../../src/content/file-range.ts"
import { collect } from "../../src/content/read-document.ts"
import { bytesOf } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const MIB = 1024 * 1024
const bytes = bytesOf(1, 3 * MIB + 77)

async function opened(content: Uint8Array, flags = "r+") {
  const path = join(await temporaryFolder(), "file")
  await writeFile(path, content)
  const handle = await open(path, flags)
  onTestFinished(() => handle.close())
  return { path, handle }
}

async function* chunksOf(content: Uint8Array, size: number) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

describe("a range of a file", () => {
  test.each([
    [0, 0],
    [0, 1],
    [5, 5 + MIB],
    [0, MIB],
    [0, MIB + 1],
    [MIB - 1, 3 * MIB + 1],
    [0, bytes.length],
    [bytes.length - 1, bytes.length],
  ])("is read from %i to %i, in chunks of 1 MiB", async (start, end) => {
    const { handle } = await opened(bytes)
    for (const reuseChunks of [false, true]) {
      const sizes: number[] = []
      const copies = async function* () {
        for await (const chunk of readFileRange(handle, start, end, { reuseChunks })) {
          sizes.push(chunk.length)
          yield Buffer.from(chunk)
        }
      }
      expect(Buffer.compare(await collect(copies()), bytes.subarray(start, end))).toBe(0)
      expect(sizes.slice(0, -1).every((size) => size === MIB)).toBe(true)
    }
  })

  test("ends where the file does", async () => {
    const { handle } = await opened(bytes)
    expect(await collect(readFileRange(handle, bytes.length - 3, bytes.length + MIB))).toHaveLength(3)
    expect(await collect(readFileRange(handle, bytes.length + 5, bytes.length + MIB))).toHaveLength(0)
  })

  test("has chunks that stay as they are, unless they may be reused: then until the fourth behind is asked for", async () => {
    const { handle } = await opened(bytesOf(2, 12 * MIB))
    for (const reuseChunks of [false, true]) {
      const kept: { chunk: Uint8Array; copy: Buffer }[] = []
      for await (const chunk of readFileRange(handle, 0, 12 * MIB, { reuseChunks })) {
        kept.push({ chunk, copy: Buffer.from(chunk) })
        for (const each of reuseChunks ? kept.slice(-4) : kept)
          expect(each.copy.equals(each.chunk)).toBe(true)
      }
      expect(new Set(kept.map(({ chunk }) => chunk.buffer)).size).toBe(reuseChunks ? 8 : 12)
    }
  })

  test("is read no further after an abort", async () => {
    const { handle } = await opened(bytes)
    const stop = new AbortController()
    const reading = async () => {
      for await (const _ of readFileRange(handle, 0, bytes.length, { signal: stop.signal })) {
        stop.abort(new Error("enough"))
      }
    }
    await expect(reading()).rejects.toThrow("enough")
  })

  test("fails when the file cannot be read, also while the chunk before is being used", async () => {
    const { handle } = await opened(bytes, "a")
    await expect(collect(readFileRange(handle, 0, 10))).rejects.toMatchObject({ code: "EBADF" })
  })
})

describe("chunks written into a file", () => {
  test.each([1000, 65_536, MIB, MIB + 1, bytes.length])(
    "lie at their place, in chunks of %i",
    async (size) => {
      const { path, handle } = await opened(new Uint8Array(100).fill(7))
      const written: [number, number][] = []
      await writeFileRange(handle, 50, chunksOf(bytes, size), (offset, length) =>
        written.push([offset, length]),
      )
      const found = await readFile(path)
      expect(found.subarray(0, 50)).toEqual(Buffer.alloc(50, 7))
      expect(Buffer.compare(found.subarray(50), bytes)).toBe(0)
      // Each range is told once, in order, without a gap, when it is there.
      let position = 50
      for (const [offset, length] of written) {
        expect(offset).toBe(position)
        position += length
      }
      expect(position).toBe(50 + bytes.length)
    },
  )

  test("of nothing write nothing", async () => {
    const { path, handle } = await opened(new Uint8Array())
    await writeFileRange(handle, 10, chunksOf(new Uint8Array(), 1), () => expect.unreachable())
    expect(await readFile(path)).toHaveLength(0)
  })

  test("leave what came before when their source fails, and the failure is the source's", async () => {
    const { path, handle } = await opened(new Uint8Array())
    async function* failing() {
      yield bytes.subarray(0, MIB)
      yield bytes.subarray(MIB, MIB + 10)
      throw new Error("the source broke")
    }
    await expect(writeFileRange(handle, 0, failing())).rejects.toThrow("the source broke")
    expect(Buffer.compare(await readFile(path), bytes.subarray(0, MIB))).toBe(0)
  })

  test("fail when the file cannot be written, once the source has ended", async () => {
    const { handle } = await opened(new Uint8Array(), "r")
    await expect(writeFileRange(handle, 0, chunksOf(bytes, 5000))).rejects.toMatchObject({ code: "EBADF" })
  })
})
