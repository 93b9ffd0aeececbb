import { describe, expect, test } from "vitest"
import type { RandomAccess, Range } from "../../src/content/random-access.ts"
import { collect } from "../../src/content/read-document.ts"
import { bytesOf } from "../support/release.ts"

const bytes = bytesOf(7, 3_000_000)

/** What everything does that bundles and archives are read from. `setup` makes it of these bytes, within each test. */
export function describeRandomAccess(
  name: string,
  setup: (bytes: Uint8Array) => Promise<RandomAccess>,
): void {
  describe(`the bytes of ${name}`, () => {
    test.each<Range>([
      { offset: 0, length: 3_000_000 },
      { offset: 0, length: 0 },
      { offset: 0, length: 1 },
      { offset: 1_000_002, length: 2 },
      { offset: 999_999, length: 1_100_000 },
      { offset: 2_999_999, length: 1 },
    ])("are read from %o", async (range) => {
      await using source = await setup(bytes)
      const wanted = bytes.subarray(range.offset, range.offset + range.length)
      expect(source.size).toBe(bytes.length)
      expect(Buffer.compare(await collect(source.read(range)), wanted)).toBe(0)
    })

    test("end where they end, without an error", async () => {
      await using source = await setup(bytes)
      expect([...(await collect(source.read({ offset: 2_999_990, length: 100 })))]).toEqual([
        ...bytes.slice(-10),
      ])
      expect(await collect(source.read({ offset: 4_000_000, length: 100 }))).toHaveLength(0)
    })

    test("are read by many at once, each at its place", async () => {
      await using source = await setup(bytes)
      const ranges = Array.from({ length: 20 }, (_, at) => ({ offset: at * 140_000, length: 200_000 }))
      const found = await Promise.all(ranges.map((range) => collect(source.read(range))))
      for (const [at, { offset, length }] of ranges.entries()) {
        expect(Buffer.compare(found[at] ?? Buffer.of(), bytes.subarray(offset, offset + length))).toBe(0)
      }
    })

    test("may be read into two buffers: a chunk is good until the next is asked for", async () => {
      await using source = await setup(bytes)
      const buffers = [Buffer.alloc(10_000), Buffer.alloc(10_000)] as const
      const found: Buffer[] = []
      for await (const chunk of source.read({ offset: 5, length: 95_000 }, { buffers })) {
        await new Promise(setImmediate)
        found.push(Buffer.from(chunk))
      }
      expect(Buffer.compare(Buffer.concat(found), bytes.subarray(5, 95_005))).toBe(0)
    })

    test("are read no further after an abort, nor by a reader that has enough", async () => {
      await using source = await setup(bytes)
      const stop = new AbortController()
      const reading = async (signal?: AbortSignal) => {
        for await (const _ of source.read({ offset: 0, length: bytes.length }, { signal })) {
          if (signal === undefined) return
          stop.abort(new Error("enough"))
        }
      }
      await reading()
      await expect(reading(stop.signal)).rejects.toThrow("enough")
    })
  })
}
