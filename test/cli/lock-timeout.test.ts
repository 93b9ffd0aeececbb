import { expect, test } from "vitest"
import { lockElsewhere } from "../database/lock-holder.ts"
import { Machine } from "../support/cli.ts"
import { expectFailure } from "../support/failure.ts"

test("a command waits for another process as long as WAYBILL_LOCK_TIMEOUT says, and names the file", async () => {
  const machine = await Machine.create("acme/edge")
  const holder = await lockElsewhere(machine.path("home/waybill.db"))
  const refused = await machine.run("fleet create acme/dock", { env: { WAYBILL_LOCK_TIMEOUT: "0s" } })
  expectFailure(refused, /home\/waybill\.db is in use by another process for too long/)
  const creating = machine.run("fleet create acme/dock", { env: { WAYBILL_LOCK_TIMEOUT: "1000d" } })
  expect(await machine.json("fleet list")).toHaveLength(1)
  await holder.letGo()
  expect((await creating).status).toBe(0)
  expect(await machine.json("fleet list")).toHaveLength(2)
})

test("a WAYBILL_LOCK_TIMEOUT that is no time is said to be wrong", async () => {
  const machine = await Machine.create("acme/edge")
  const { status, stderr } = await machine.run("fleet list", { env: { WAYBILL_LOCK_TIMEOUT: "soon" } })
  expect(stderr).toBe(
    'error: WAYBILL_LOCK_TIMEOUT: "soon" is not a time\nhint: write it as 30s, 10m, 2h or 1d\n',
  )
  expect(status).toBe(2)
})
