import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { PlannedBundle } from "../../src/bundle/planned-bundle.ts"
import type { ContentError } from "../../src/content/content-error.ts"
import { collect } from "../../src/content/read-document.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import { systemClock } from "../../src/system-clock.ts"
import { MemoryContent } from "../support/memory-content.ts"
import { putRelease } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const source = new MemoryContent()
const release = await putRelease(source)
const plan = await planBundle(source, release.descriptor)
const whole = await collect(bundleBytes(source, plan))

/** Copies each chunk at once: its buffer may be filled again with the next. */
async function read(bundle: PlannedBundle, offset: number, length: number, size?: number): Promise<Buffer> {
  const buffers = size === undefined ? undefined : ([Buffer.alloc(size), Buffer.alloc(size)] as const)
  const chunks = await Array.fromAsync(bundle.read({ offset, length }, { buffers }), (chunk) =>
    Buffer.from(chunk),
  )
  return Buffer.concat(chunks)
}

describe("a bundle that is planned and lies nowhere", () => {
  const bundle = new PlannedBundle(source, plan)

  test("gives the bytes of the file, whole", async () => {
    expect(bundle.size).toBe(whole.length)
    expect((await read(bundle, 0, bundle.size)).equals(whole)).toBe(true)
  })

  test("gives the bytes of every range that begins or ends beside a boundary", async () => {
    const places = plan.files
      .flatMap(({ headerOffset, offset, size }) => [headerOffset, offset, offset + size])
      .concat(whole.length - 1024, whole.length)
    for (const place of places) {
      for (const start of [place - 1, place, place + 1].filter((at) => at >= 0)) {
        for (const length of [0, 1, 2, 513]) {
          const found = await read(bundle, start, length)
          expect(found.equals(whole.subarray(start, start + length)), `${start}+${length}`).toBe(true)
        }
      }
    }
  })

  test("gives the bytes of any range, from files into two buffers that are used by turns", async () => {
    const store = await ContentStore.open(await temporaryFolder(), systemClock)
    try {
      const content = store.repository("acme/edge")
      await putRelease(content)
      const stored = new PlannedBundle(content, plan)
      const place = fc.nat(whole.length + 10)
      await fc.assert(
        fc.asyncProperty(place, place, fc.integer({ min: 1, max: 1500 }), async (offset, length, size) => {
          const expected = whole.subarray(offset, offset + length)
          expect((await read(bundle, offset, length)).equals(expected)).toBe(true)
          expect((await read(stored, offset, length, size)).equals(expected)).toBe(true)
        }),
        { numRuns: 300 },
      )
    } finally {
      await store.close()
    }
  })

  /** A source in which the first layer of several kilobytes has other bytes. */
  async function damaged(change: (bytes: Uint8Array) => Uint8Array) {
    const other = new MemoryContent()
    await putRelease(other)
    const file = plan.files.find(({ size }) => size === 5000)
    if (file?.digest === undefined) throw new Error("there is no such layer")
    other.blobs.set(file.digest, change(Buffer.from(other.blobs.get(file.digest) ?? [])))
    return { bundle: new PlannedBundle(other, plan), file }
  }

  test("ends before what follows a blob that is not what its name says", async () => {
    const { bundle, file } = await damaged((bytes) => bytes.fill(0, 4000))
    let position = 0
    const work = (async () => {
      for await (const chunk of bundle.read({ offset: 0, length: bundle.size })) position += chunk.length
    })()
    const error: ContentError = await work.then(
      () => Promise.reject(new Error("it was read to its end")),
      (reason) => reason,
    )
    expect(error.code).toBe("DIGEST_MISMATCH")
    expect(error.message).toContain(`expected ${file.digest}`)
    expect(position).toBe(file.offset + file.size)
  })

  test("ends where a blob is shorter than its descriptor says", async () => {
    const { bundle } = await damaged((bytes) => bytes.subarray(1))
    await expect(read(bundle, 0, bundle.size)).rejects.toMatchObject({
      code: "SIZE_MISMATCH",
      message: expect.stringContaining("there are 4999"),
    })
  })
})
