import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ContentStore } from "../../src/layout/content-store.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { systemClock } from "../../src/system-clock.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import { noiseSample, readAll, sample } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/content/temporary-folder.ts"

const MEBIBYTE = 1024 * 1024

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

  test("lets go of what it held, and leaves a lock file that the next collection removes", async () => {
    const root = await temporaryFolder()
    const child = new StoreProcess(["push", root, "held", String(MEBIBYTE), "0"])
    await child.until("at 0")
    const [lock = ""] = await readdir(join(root, "processes"))
    await child.kill()
    const store = await ContentStore.open(root, systemClock)
    await store.collectGarbage({ findRoots: async () => [], grace: 0 })
    expect(await readdir(join(root, "processes"))).not.toContain(lock)
    await store.close()
    expect((await readdir(root)).sort()).toEqual([
      "blobs",
      "catalog.sqlite",
      "index-lock.sqlite",
      "index.json",
      "ingest",
      "lock.sqlite",
      "oci-layout",
      "processes",
    ])
    expect(await readdir(join(root, "processes"))).toEqual([])
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
  test("is removed with the next push once its process is gone, and not before", async () => {
    const root = await temporaryFolder()
    const args = ["push", root, "left", String(6 * MEBIBYTE), String(2 * MEBIBYTE)]
    const dead = new StoreProcess(args)
    await dead.until(`at ${2 * MEBIBYTE}`)
    const [left = ""] = await readdir(join(root, "ingest"))
    // A container of its own: no process id tells that it lives.
    const alive = new StoreProcess(args, "true", "unshare --user --map-root-user --pid --fork --kill-child")
    await alive.until(`at ${2 * MEBIBYTE}`)
    const both = await readdir(join(root, "ingest"))
    expect(both).toHaveLength(2)
    await dead.kill()
    const { descriptor, body } = sample("next")
    const store = await ContentStore.open(root, systemClock)
    await store.repository("acme/edge").push(descriptor, body)
    await store.close()
    expect(await readdir(join(root, "ingest"))).toEqual(both.filter((name) => name !== left))
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
