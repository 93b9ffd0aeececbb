import { expect, test } from "vitest"
import { ArchiveStream } from "../../src/archive/archive-stream.ts"
import { chunked, rawEntry, writeArchive } from "./support.ts"

const archive = writeArchive([
  { name: "a", data: "1".repeat(3000) },
  { name: "b", data: "2".repeat(3000) },
  { name: "c", data: "3" },
])

test("what nobody reads of a body is skipped, and the next entry is right", async () => {
  const stream = new ArchiveStream(chunked(archive, 100))
  await stream.next()
  const second = await stream.next()
  await second?.body.next()
  const third = await stream.next()
  expect(third?.entry).toMatchObject({ name: "c", size: 1, offset: 512 * 15 })
  expect(Buffer.concat(await Array.fromAsync(third?.body ?? [])).toString()).toBe("3")
  expect(await stream.next()).toBeUndefined()
  expect(await stream.next()).toBeUndefined()
  expect(await stream.rest(10_000)).toBe(0)
})

test("a body that is left behind cannot be read any more", async () => {
  const stream = new ArchiveStream(chunked(archive, 100))
  const first = await stream.next()
  await first?.body.next()
  const second = await stream.next()
  await stream.next()
  await expect(first?.body.next()).rejects.toThrow("gone past this entry")
  await expect(second?.body.next()).rejects.toThrow("gone past this entry")
})

test("padding that is not zero is reported once the body is read, or skipped", async () => {
  const bytes = Buffer.concat([rawEntry({}, "1"), rawEntry({}, "2"), Buffer.alloc(1024)])
  bytes[600] = 1
  for (const isRead of [true, false]) {
    const stream = new ArchiveStream(chunked(bytes, 100))
    const first = await stream.next()
    if (isRead) await Array.fromAsync(first?.body ?? [])
    const second = await stream.next()
    await stream.next()
    expect([first?.paddingIsZero, second?.paddingIsZero]).toEqual([false, true])
  }
})

test("bytes behind the end-of-archive marker are counted", async () => {
  const stream = new ArchiveStream(chunked(Buffer.concat([archive, Buffer.alloc(9000)]), 700))
  while (await stream.next());
  expect(await stream.rest(10_000)).toBe(9000)
})

test("a body without padding ends with its last byte, and does not wait for what a silent pipe gives next", async () => {
  async function* silent() {
    yield writeArchive([{ name: "a", data: "1".repeat(512) }]).subarray(0, 1024)
    await new Promise(() => {})
  }
  const next = await new ArchiveStream(silent()).next()
  expect(Buffer.concat(await Array.fromAsync(next?.body ?? []))).toHaveLength(512)
  expect(next?.paddingIsZero).toBe(true)
})

test("an abort does not wait for a silent pipe", async () => {
  const stop = new AbortController()
  const waiting = Promise.withResolvers<void>()
  async function* silent() {
    yield archive.subarray(0, 600)
    waiting.resolve()
    await new Promise(() => {})
  }
  const stream = new ArchiveStream(silent(), "the pipe", { signal: stop.signal })
  await stream.next()
  const next = expect(stream.next()).rejects.toThrow("enough")
  await waiting.promise
  stop.abort(new Error("enough"))
  await next
  await expect(stream.next()).rejects.toThrow("enough")
})

test("an error of the source comes through as it is", async () => {
  async function* broken() {
    yield archive.subarray(0, 600)
    throw new Error("the connection was reset")
  }
  const stream = new ArchiveStream(broken())
  await stream.next()
  await expect(stream.next()).rejects.toThrow("the connection was reset")
})
