import { expect, test } from "vitest"
import { lockElsewhere } from "../database/lock-holder.ts"
import { Machine } from "../support/cli.ts"
import { StoreProcess } from "../support/content/child-process.ts"
import { expectFailure } from "../support/failure.ts"
import { bringBundle } from "../support/sample.ts"

test("an import says for which process it waits, gives up in time, and goes on where that process lets go", async () => {
  const machine = await Machine.create("site/edge", "site/dock")
  const { file } = await bringBundle(machine)
  await machine.ok(`release import ${file} site/dock`)
  const holder = await lockElsewhere(machine.path("home/store/catalog.sqlite"))
  const refused = await machine.run(`release import ${file} site/edge`, {
    env: { WAYBILL_LOCK_TIMEOUT: "2s" },
  })
  expectFailure(
    refused,
    /home\/store\/catalog\.sqlite is still in use by process [0-9]+ after 2 seconds of waiting/,
  )
  expect(refused.stderr).toMatch(/^warning: waiting for process [0-9]+, which works in .*catalog\.sqlite$/m)
  expect(await machine.json("release list site/edge")).toEqual([])
  const waiting = machine.run(`release import ${file} site/edge`, { env: { WAYBILL_LOCK_TIMEOUT: "1000d" } })
  await holder.letGo()
  expect((await waiting).status).toBe(0)
})

test("an import does not wait for a collection of garbage that is suspended; another collection does", async () => {
  const machine = await Machine.create("site/edge")
  const { file } = await bringBundle(machine)
  await machine.ok("store gc")
  const suspended = new StoreProcess(["lock", machine.path("home/store/lock.sqlite")])
  await suspended.until("locked")
  suspended.process.kill("SIGSTOP")
  await machine.ok(`release import ${file} site/edge`)
  const refused = await machine.run("store gc", { env: { WAYBILL_LOCK_TIMEOUT: "0s" } })
  expectFailure(refused, /store\/lock\.sqlite is in use by process [0-9]+$/m)
})

test("a change of the contexts waits as long as WAYBILL_LOCK_TIMEOUT says, and can be interrupted", async () => {
  const machine = await Machine.create("site/edge")
  await machine.ok("context use home")
  const holder = new StoreProcess(["lock", machine.path("home/contexts.json.lock")])
  await holder.until("locked")
  const refused = await machine.run("context use home", { env: { WAYBILL_LOCK_TIMEOUT: "0s" } })
  expectFailure(refused, /home\/contexts\.json\.lock is in use by process [0-9]+$/m)
  const waiting = machine.start("context use home")
  // It says for whom it waits.
  waiting.process.stderr?.once("data", () => waiting.process.kill("SIGINT"))
  expectFailure(await waiting.outcome, /^error: interrupted by SIGINT$/m, 130)
})
