import { type FileHandle, open, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { HashPool } from "../../src/bundle/hash-pool.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { bytesOf } from "../support/release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const MIB = 1024 * 1024
const bytes = bytesOf(1, 3 * MIB + 77)

async function openPool(options?: ConstructorParameters<typeof HashPool>[1], flags = "r+") {
  const path = join(await temporaryFolder(), "file")
  await writeFile(path, bytes)
  const file: FileHandle = await open(path, flags)
  const pool = new HashPool(file.fd, options)
  onTestFinished(async () => {
    await pool.close()
    await file.close()
  })
  return { path, file, pool }
}

describe.each([
  ["that has little to do, and no thread", 0],
  ["that has much to do, and threads for it", 4 * MIB],
])("a hash pool %s", (_, before) => {
  /** With so many bytes promised to it before. */
  async function setUp(...options: Parameters<typeof openPool>) {
    const opened = await openPool(...options)
    opened.pool.start("sha256", before)
    return opened
  }

  test.each([1, 3])("hashes ranges of a file on %i threads, many at once", async (threads) => {
    const { pool } = await setUp({ threads })
    const ranges = Array.from({ length: 50 }, (_, at) => ({ offset: at * 1000, length: 1000 + at * 50_000 }))
    const found = await Promise.all(
      ranges.map((range, at) => pool.hash(at % 2 === 0 ? "sha256" : "sha512", range)),
    )
    expect(found).toEqual(
      ranges.map(({ offset, length }, at) =>
        digestOf(bytes.subarray(offset, offset + length), at % 2 === 0 ? "sha256" : "sha512"),
      ),
    )
  })

  test("puts together what is given range by range, as it is being written", async () => {
    const { pool, file } = await setUp({ threads: 1 })
    const changed = bytesOf(2, 2 * MIB)
    const positions: number[] = []
    const hash = pool.start("sha256", changed.length, (position) => positions.push(position))
    const other = pool.start("sha256", 40)
    for (let at = 0; at < changed.length; at += MIB / 2) {
      await file.write(changed, at, MIB / 2, at)
      hash.update(at, MIB / 2)
      other.update(2 * MIB, 10)
    }
    expect(await hash.digest()).toBe(digestOf(changed))
    expect(await other.digest()).toBe(
      digestOf(Buffer.concat(Array.from({ length: 4 }, () => bytes.subarray(2 * MIB, 2 * MIB + 10)))),
    )
    expect(positions.at(-1)).toBe(changed.length)
  })

  test("has a digest of nothing", async () => {
    const { pool } = await setUp()
    expect(await pool.hash("sha256", { offset: 5, length: 0 })).toBe(digestOf(new Uint8Array()))
    expect(await pool.start("sha512", 0).digest()).toBe(digestOf(new Uint8Array(), "sha512"))
  })

  test("gives the digest of what is there when the file has become shorter", async () => {
    const { pool, path } = await setUp()
    await truncate(path, 100)
    expect(await pool.hash("sha256", { offset: 0, length: bytes.length })).toBe(
      digestOf(bytes.subarray(0, 100)),
    )
  })

  test("fails all that is under way when the file cannot be read", async () => {
    const { pool } = await setUp({ threads: 1 }, "a")
    const range = { offset: 0, length: 10 }
    const failed = await Promise.allSettled([pool.hash("sha256", range), pool.hash("sha512", range)])
    expect(failed).toMatchObject([{ reason: { code: "EBADF" } }, { reason: { code: "EBADF" } }])
    // And all that comes later.
    await expect(pool.hash("sha256", range)).rejects.toMatchObject({ code: "EBADF" })
  })

  test("gives no digest after an abort of its own or of one hash, which leaves the others", async () => {
    const stop = new AbortController()
    const { pool } = await setUp({ signal: stop.signal })
    const one = new AbortController()
    const range = { offset: 0, length: bytes.length }
    const aborted = pool.hash("sha256", range, { signal: one.signal })
    const whole = pool.hash("sha256", range)
    one.abort(new Error("not this one"))
    await expect(aborted).rejects.toThrow("not this one")
    await expect(pool.hash("sha256", range, { signal: one.signal })).rejects.toThrow("not this one")
    expect(await whole).toBe(digestOf(bytes))
    const last = pool.hash("sha256", range)
    stop.abort(new Error("enough"))
    await expect(last).rejects.toThrow("enough")
    await expect(pool.hash("sha256", range)).rejects.toThrow("enough")
    expect(() => new HashPool(0, { signal: stop.signal })).toThrow("enough")
  })

  test("fails what is under way when it is closed", async () => {
    const { pool } = await setUp()
    const hash = pool.start("sha256", bytes.length)
    hash.update(0, bytes.length)
    const digest = hash.digest()
    const failing = expect(digest).rejects.toThrow("the hash pool is closed")
    await pool.close()
    await failing
  })
})
