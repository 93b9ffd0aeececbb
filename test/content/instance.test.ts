import { existsSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { expect, test } from "vitest"
import { Instance, isInstanceAlive, removeDeadInstance } from "../../src/content/instance.ts"
import { ProcessLock } from "../../src/content/process-lock.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const pathIn = (folder: string) => (id: string) => join(folder, `${id}.lock`)

/** Begins an instance in another process, and gives its lock file. `prefix` is put before the command. */
async function beginElsewhere(folder: string, prefix?: string) {
  const child = new StoreProcess(["instance", folder], "true", prefix)
  const [id = "", pid = ""] = (await child.next()).split(" ")
  return { child, pid: Number(pid), path: pathIn(folder)(id) }
}

test("an instance lives until its process is killed, also while that is suspended", async () => {
  const { child, path } = await beginElsewhere(await temporaryFolder())
  expect(isInstanceAlive(path)).toBe(true)
  child.process.kill("SIGSTOP")
  expect(isInstanceAlive(path)).toBe(true)
  await child.kill()
  expect(existsSync(path)).toBe(true)
  expect(isInstanceAlive(path)).toBe(false)
})

test("instances of containers with the same process id on one folder are two, and each sees that the other lives", async () => {
  const folder = await temporaryFolder()
  const one = await beginElsewhere(folder, "unshare --user --map-root-user --pid --fork --kill-child")
  const other = await beginElsewhere(folder, "unshare --user --map-root-user --pid --fork --kill-child")
  expect([one.pid, other.pid]).toEqual([1, 1])
  expect(one.path).not.toBe(other.path)
  expect([one, other].map(({ path }) => isInstanceAlive(path))).toEqual([true, true])
  await one.child.kill()
  await expect.poll(() => isInstanceAlive(one.path)).toBe(false)
  expect(isInstanceAlive(other.path)).toBe(true)
})

test("an instance of this process lives until it is ended, and leaves nothing", async () => {
  const folder = await temporaryFolder()
  const instance = await Instance.begin(pathIn(folder))
  expect(isInstanceAlive(pathIn(folder)(instance.id))).toBe(true)
  await instance.end()
  expect(isInstanceAlive(pathIn(folder)(instance.id))).toBe(false)
  expect(await readdir(folder)).toEqual([])
})

test("asking after an instance does not end it", async () => {
  const folder = await temporaryFolder()
  const instance = await Instance.begin(pathIn(folder))
  const path = pathIn(folder)(instance.id)
  for (let round = 0; round < 3; round++) expect(isInstanceAlive(path)).toBe(true)
  expect(ProcessLock.tryTake(path)).toBeUndefined()
  await instance.end()
})

test("what a dead instance left is removed while nobody can begin under its lock", async () => {
  const path = join(await temporaryFolder(), "dead.lock")
  ProcessLock.tryTake(path)?.release()
  const removed: boolean[] = []
  await removeDeadInstance(path, async () => {
    removed.push(ProcessLock.tryTake(path) === undefined)
  })
  expect(removed).toEqual([true])
  expect(existsSync(path)).toBe(false)
})

test("nothing of an instance that lives is removed", async () => {
  const folder = await temporaryFolder()
  await using instance = await Instance.begin(pathIn(folder))
  const path = pathIn(folder)(instance.id)
  await removeDeadInstance(path, async () => {
    throw new Error("removed what it works on")
  })
  expect(existsSync(path)).toBe(true)
})

test("an id that nobody has is of no living instance, and asking makes no file", async () => {
  const folder = await temporaryFolder()
  expect(isInstanceAlive(join(folder, "nobody.lock"))).toBe(false)
  expect(await readdir(folder)).toEqual([])
})
