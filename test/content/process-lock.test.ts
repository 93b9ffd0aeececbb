import { join } from "node:path"
import { expect, test } from "vitest"
import { withProcessLock } from "../../src/content/process-lock.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

async function heldElsewhere() {
  const path = join(await temporaryFolder(), "lock.sqlite")
  const holder = new StoreProcess(["lock", path])
  await holder.until("locked")
  return { path, holder }
}

test("who waits for a lock is told of whom, and gives up after the time that was set, naming it", async () => {
  const { path, holder } = await heldElsewhere()
  const said: string[] = []
  const options = { lockTimeout: 1300, onLockWait: (message: string) => said.push(message) }
  const ended = withProcessLock(path, options, async () => "had it")
  await expect(ended).rejects.toMatchObject({
    code: "CANNOT_LOCK",
    message: `${path} is still in use by process ${holder.process.pid} after 1.3 seconds of waiting`,
    hint: "wait until that is done, or end it if it hangs, then run the same command again",
  })
  expect(said).toEqual([`waiting for process ${holder.process.pid}, which works in ${path}`])
})

test("who waits does not hold up anything else, and gets the lock when its holder is killed", async () => {
  const { path, holder } = await heldElsewhere()
  let turns = 0
  const count = setInterval(() => turns++, 1)
  const waiting = withProcessLock(path, {}, async () => "had it")
  await expect.poll(() => turns).toBeGreaterThan(20)
  clearInterval(count)
  await holder.kill()
  expect(await waiting).toBe("had it")
})

test("who is called off while waiting stops at once", async () => {
  const { path } = await heldElsewhere()
  const impatient = AbortSignal.timeout(50)
  await expect(withProcessLock(path, { signal: impatient }, async () => {})).rejects.toMatchObject({
    name: "TimeoutError",
  })
})

test("a lock that cannot be had is an error that names it", async () => {
  const path = join(await temporaryFolder(), "no-such-folder", "lock.sqlite")
  await expect(withProcessLock(path, {}, async () => {})).rejects.toMatchObject({
    code: "CANNOT_LOCK",
    message: expect.stringContaining(path),
  })
})
