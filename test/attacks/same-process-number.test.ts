import { randomUUID } from "node:crypto"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { collect } from "../../src/content/read-document.ts"
import { ContentStore } from "../../src/layout/content-store.ts"
import { systemClock } from "../../src/system-clock.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import { sample } from "../support/content/sample-content.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** A process as a container has it: of number 1, on a folder that it shares. */
const container = (...args: string[]) =>
  new StoreProcess(args, "true", "unshare --user --map-root-user --pid --fork --kill-child")

test("of two containers on one store, a late append of one does not change the blob that the other has made", async () => {
  const root = await temporaryFolder()
  const id = randomUUID()
  const right = sample("begin and right end")
  const first = container("append", root, id, "begin and ")
  await first.until("begun")
  // It goes on with its append when it is told to.
  const late = container("append-late", root, id, "wrong end")
  await late.until("appending")
  const other = container("finish", root, id, "right end", right.descriptor.digest)
  expect((await other.finish()).at(-1)).toBe("committed")
  late.process.stdin?.write("go\n")
  expect((await late.finish()).at(-1)).toMatch(/^failed UPLOAD_CHANGED/)
  const store = await ContentStore.open(root, systemClock)
  const bytes = await collect(store.repository("acme/edge").fetch(right.descriptor))
  expect(Buffer.from(bytes).toString()).toBe("begin and right end")
  expect((await store.verify({ roots: [] })).damaged).toEqual([])
  await store.close()
  expect(await readdir(join(root, "uploads"))).toEqual([])
})
