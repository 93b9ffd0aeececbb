import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ContentStore } from "../../src/layout/content-store.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { systemClock } from "../../src/system-clock.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import { noiseSample, readAll, sample, sampleImage } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/content/temporary-folder.ts"

const MEBIBYTE = 1024 * 1024
const MINUTE = 60 * 1000

describe("a process that is killed", () => {
  const big = noiseSample("killed", 6 * MEBIBYTE)
  const moments = ["at 0", `at ${MEBIBYTE}`, `at ${5 * MEBIBYTE}`, "all given", "stored"]

  test.for(moments)("leaves no blob under a wrong name: killed %s", async (moment) => {
    const root = await temporaryFolder()
    const child = new StoreProcess(["push", root, "killed", String(6 * MEBIBYTE)])
    await child.until(moment)
    await child.kill()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    const names = await readdir(join(root, "blobs", "sha256"))
    // Nothing, or the whole blob: reading it proves that.
    if (names.length > 0) await readAll(repository.fetch(big.descriptor))
    await repository.push(big.descriptor, big.body)
    expect((await readAll(repository.fetch(big.descriptor))).equals(big.bytes)).toBe(true)
    expect(await readdir(join(root, "blobs", "sha256"))).toEqual([big.descriptor.digest.slice(7)])
  })

  test("lets go of the lock", async () => {
    const root = await temporaryFolder()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    const { manifest, blobs } = sampleImage(sample("locked"))
    for (const { descriptor, body } of [...blobs, manifest]) await repository.push(descriptor, body)
    const holder = new StoreProcess(["lock", join(root, "lock.sqlite")])
    await holder.until("locked")

    const impatient = AbortSignal.timeout(50)
    await expect(repository.tag(manifest.descriptor, "1.2.3", { signal: impatient })).rejects.toMatchObject({
      name: "TimeoutError",
    })
    const waiting = repository.tag(manifest.descriptor, "1.2.3")
    await holder.kill()
    await waiting
    expect(await repository.resolve("1.2.3")).toEqual(manifest.descriptor)
    expect((await readdir(root)).sort()).toEqual([
      "blobs",
      "catalog.sqlite",
      "catalog.sqlite-shm",
      "catalog.sqlite-wal",
      "index.json",
      "ingest",
      "lock.sqlite",
      "oci-layout",
    ])
  })

  test("while it sets tags leaves all tags that it has set", async () => {
    const root = await temporaryFolder()
    const child = new StoreProcess(["tag", root, "a", "1000"])
    await child.until("tagged 20")
    await child.kill()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    for (let at = 0; at <= 20; at += 1) await repository.resolve(`a-${at}`)
  })
})

describe("processes at the same time", () => {
  test("lose none of each other's tags", async () => {
    const root = await temporaryFolder()
    const children = ["a", "b", "c"].map((prefix) => new StoreProcess(["tag", root, prefix, "15"]))
    for (const child of children) expect((await child.finish()).at(-1)).toBe("tagged 14")
    const index = JSON.parse(await readFile(join(root, "index.json"), "utf8"))
    expect(index.manifests).toHaveLength(45)
  })

  test("may push the same blob", async () => {
    const root = await temporaryFolder()
    const size = 4 * MEBIBYTE
    const children = [1, 2, 3].map(() => new StoreProcess(["push", root, "same", String(size)]))
    for (const child of children) expect((await child.finish()).at(-1)).toBe("stored")
    const { descriptor, bytes } = noiseSample("same", size)
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    expect((await readAll(repository.fetch(descriptor))).equals(bytes)).toBe(true)
    expect(await readdir(join(root, "ingest"))).toEqual([])
  })
})

describe("what unfinished pushes left behind", () => {
  /** A file as a process leaves it, last written so many milliseconds ago by the file system's clock. */
  async function leave(root: string, name: string, age: number): Promise<void> {
    const path = join(root, "ingest", name)
    await writeFile(path, "half a layer")
    const written = new Date((await stat(path)).mtimeMs - age)
    await utimes(path, written, written)
  }

  test("is removed with the next push once its process is gone", async () => {
    const root = await temporaryFolder()
    const child = new StoreProcess(["push", root, "left", String(6 * MEBIBYTE), String(2 * MEBIBYTE)])
    await child.until(`at ${2 * MEBIBYTE}`)
    await child.kill()
    const dead = `${hostname()}.${child.process.pid}`
    expect(await readdir(join(root, "ingest"))).toEqual([expect.stringContaining(dead)])

    const alive = new StoreProcess(["lock", join(root, "..", "elsewhere.sqlite")])
    await alive.until("locked")
    await leave(root, `${dead}.900`, 11 * MINUTE)
    await leave(root, `${dead}.901`, 9 * MINUTE)
    await leave(root, `${hostname()}.${alive.process.pid}.1`, 11 * MINUTE)
    await leave(root, "another-host.1.1", 11 * MINUTE)
    await leave(root, "another-host.1.2", 25 * 60 * MINUTE)
    await leave(root, `${hostname()}.${process.pid}.999999`, 25 * 60 * MINUTE)
    const { descriptor, body } = sample("next")
    await (await ContentStore.open(root, systemClock)).repository("acme/edge").push(descriptor, body)

    const left = (await readdir(join(root, "ingest"))).sort()
    expect(left).toHaveLength(4)
    expect(left).toContain("another-host.1.1")
    expect(left).toContain(`${dead}.901`)
    expect(left).toContain(`${hostname()}.${alive.process.pid}.1`)
  })

  test("does not stand in the way of a process with the same number", async () => {
    const root = await temporaryFolder()
    const repository = (await ContentStore.open(root, systemClock)).repository("acme/edge")
    for (let at = 0; at < 200; at += 1) await leave(root, `${hostname()}.${process.pid}.${at}`, MINUTE)
    const { descriptor, body } = sample("next")
    await repository.push(descriptor, body)
    expect(await repository.exists(descriptor)).toBe(true)
  })
})

describe("a disk that is full", () => {
  test("ends a push in a clear error, and nothing is left of it", async () => {
    const root = await temporaryFolder()
    await ContentStore.open(root, systemClock)
    // The limit of a process stands in for that of a disk: the write that passes it is cut short, the next fails.
    const child = new StoreProcess(["push", root, "full", String(3 * MEBIBYTE)], "ulimit -f 2048")
    const said = (await child.finish()).at(-1)
    expect(said).toContain("failed NO_SPACE: cannot write")
    expect(said).toContain(root)
    expect(await readdir(join(root, "ingest"))).toEqual([])
    const { descriptor } = noiseSample("full", 3 * MEBIBYTE)
    await expect(stat(join(root, blobPath(descriptor.digest)))).rejects.toThrow()
  })
})
