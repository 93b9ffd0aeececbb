import fc from "fast-check"
import { expect, test } from "vitest"
import { noise } from "../../fixtures/tar-layer.ts"
import { collect } from "../../src/content/read-document.ts"
import { passingBody } from "../../src/operations/passing-body.ts"

const MEBIBYTE = 1024 * 1024

/** A pipe: it gives each chunk once, and tells whether anyone closed it. */
function pipeOf(bytes: Uint8Array, sizes: readonly number[]) {
  let closed = false
  async function* chunks() {
    try {
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1
        yield bytes.subarray(at, at + size)
        at += size
      }
    } finally {
      closed = true
    }
  }
  return { chunks: chunks(), wasClosedEarly: () => closed }
}

/** Reads from `offset` on, and goes away when it has `length` bytes or more. */
async function readSome(chunks: AsyncIterable<Uint8Array>, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let read = 0
  if (length === 0) return Buffer.alloc(0)
  for await (const chunk of chunks) {
    parts.push(chunk)
    read += chunk.length
    if (read >= length) break
  }
  return Buffer.concat(parts)
}

test("however often a reader breaks off and begins anew within the window, it reads the same bytes", async () => {
  const bytes = Buffer.concat([...noise("pipe", 40_000)])
  const sizes = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 8 })
  const visits = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(bytes.length)), {
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(sizes, visits, async (chunkSizes, restarts) => {
      const { chunks } = pipeOf(bytes, chunkSizes)
      const body = passingBody(chunks, "the pipe")
      let reached = 0
      for (const [share, length] of restarts) {
        const offset = Math.floor(share * reached)
        const part = await readSome(body(offset), length)
        expect(part).toEqual(bytes.subarray(offset, offset + part.length))
        reached = Math.max(reached, offset + part.length)
      }
      expect(await readSome(body(0), bytes.length + 1)).toEqual(bytes)
      expect(await readSome(body(bytes.length), 1)).toEqual(Buffer.alloc(0))
    }),
  )
})

test("a reader that breaks off leaves the pipe open for the next", async () => {
  const bytes = Buffer.concat([...noise("pipe", 5000)])
  const { chunks, wasClosedEarly } = pipeOf(bytes, [1000])
  const body = passingBody(chunks, "the pipe")
  await readSome(body(0), 1500)
  expect(wasClosedEarly()).toBe(false)
  expect(await readSome(body(2000), bytes.length)).toEqual(bytes.subarray(2000))
})

test("the last 8 MiB can be read again, and what is gone is said to be gone", async () => {
  const bytes = Buffer.concat([...noise("long pipe", 12 * MEBIBYTE)])
  const body = passingBody(pipeOf(bytes, [MEBIBYTE]).chunks, "sha256:abc")
  await readSome(body(0), 10 * MEBIBYTE)
  expect(await readSome(body(2 * MEBIBYTE), 1)).toEqual(bytes.subarray(2 * MEBIBYTE, 3 * MEBIBYTE))
  await expect(collect(body(MEBIBYTE - 1))).rejects.toThrow(
    expect.objectContaining({
      code: "CANNOT_REWIND",
      message: "sha256:abc broke off on its way, and a pipe cannot be read again",
    }),
  )
  expect(await readSome(body(9 * MEBIBYTE), bytes.length)).toEqual(bytes.subarray(9 * MEBIBYTE))
})

test("what breaks the pipe breaks the body, each time", async () => {
  async function* chunks() {
    yield Buffer.from("one")
    throw new Error("the far end hung up")
  }
  const body = passingBody(chunks(), "the pipe")
  await expect(collect(body(0))).rejects.toThrow("the far end hung up")
  expect(await readSome(body(0), 3)).toEqual(Buffer.from("one"))
})
