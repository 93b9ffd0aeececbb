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
