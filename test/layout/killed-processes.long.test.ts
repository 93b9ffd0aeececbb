import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ContentStore } from "../../src/layout/content-store.ts"
import { systemClock } from "../../src/system-clock.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import { noiseSample, readAll } from "../support/content/sample-content.ts"
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
