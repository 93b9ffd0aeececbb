import { expect, onTestFinished, test } from "vitest"
import type { RemoteContext } from "../../src/client/connect.ts"
import { connect } from "../../src/client/connect.ts"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { sampleDevice, secretOf, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { type FaultRule, startFaultProxy } from "../support/registry/fault-proxy.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { runServer } from "../support/running-server.ts"

const EDGE: FleetSlug = "acme/edge"

/** A server with a fleet, a release and two devices, and a client behind a proxy that makes trouble. */
async function behindTrouble(script: readonly FaultRule[]) {
  const { url, token, home } = await runServer()
  const change = home.change()
  await home.fleets.createFleet({ slug: EDGE, registry: "127.0.0.1:5000/site" }, change)
  const { release } = await home.fleets.recordRelease(EDGE, sampleRelease("first"), change)
  await home.fleets.registerDevice(EDGE, sampleDevice(1), change)
  await home.fleets.registerDevice(EDGE, sampleDevice(2), change)
  const proxy = await startFaultProxy(new URL(url).host, script)
  const clock = new TestClock()
  const context = await connect({ url: `http://${proxy.host}`, token, clock })
  onTestFinished(async () => {
    await context.close()
    await proxy.close()
  })
  return { context, home, proxy, clock, release }
}

const dropped = (on: RegExp, times = 1): FaultRule => ({ on, times, fault: { kind: "drop answer" } })

test("a release whose answer is lost is recorded once, with one revision", async () => {
  const { context, home, proxy } = await behindTrouble([dropped(/^POST .*\/releases$/, 2)])
  const { fleets } = context
  expect((await fleets.recordRelease(EDGE, sampleRelease("second"), context.change())).release).toMatchObject(
    {
      revision: 1,
    },
  )
  expect((await fleets.recordRelease(EDGE, sampleRelease("third"), context.change())).release).toMatchObject({
    revision: 2,
  })
  expect(proxy.struck).toHaveLength(2)
  expect(await home.fleets.listReleases(EDGE)).toHaveLength(3)
  const recorded = (await home.fleets.listEvents(EDGE)).filter(({ action }) => action === "release.create")
  expect(recorded).toHaveLength(3)
})

test.for<[string, RegExp, (context: RemoteContext, release: number) => Promise<unknown>, string]>([
  ["pin of a fleet", /policy$/, ({ fleets, change }, id) => fleets.pinFleet(EDGE, id, change()), "fleet.pin"],
  [
    "publication of a fleet",
    /^PATCH/,
    ({ fleets, change }) => fleets.setPublic(EDGE, true, change()),
    "fleet.publish",
  ],
  [
    "pin of a device",
    /policy$/,
    ({ fleets, change }, id) => fleets.pinDevices([uuidOf(1)], id, change()),
    "device.pin",
  ],
  [
    "registration",
    /^POST .*devices$/,
    ({ fleets, change }) => fleets.registerDevice(EDGE, sampleDevice(3), change()),
    "device.register",
  ],
  [
    "removal of a device",
    /^DELETE/,
    ({ fleets, change }) => fleets.removeDevices([uuidOf(1)], change()),
    "device.remove",
  ],
  [
    "invalidation",
    /invalidate$/,
    ({ fleets, change }, id) => fleets.invalidateRelease(id, change()),
    "release.invalidate",
  ],
])("a %s whose answer is lost is sent again, and done once", async ([_, on, work, action]) => {
  const { context, home, proxy, release } = await behindTrouble([dropped(on)])
  const count = async () => {
    const events = await home.fleets.listEvents(EDGE)
    return events.filter((event) => event.action === action).length
  }
  const before = await count()
  await work(context, release.id)
  expect(proxy.struck).toHaveLength(1)
  expect(await count()).toBe(before + 1)
})

test.for<[string, RegExp, (context: RemoteContext, release: number) => Promise<unknown>]>([
  [
    "new fleet",
    /^POST/,
    ({ fleets, change }) =>
      fleets.createFleet({ slug: "acme/other" as const, registry: "127.0.0.1:5000/site" }, change()),
  ],
  [
    "new token",
    /^POST/,
    ({ access, change }) =>
      access.createToken(
        { name: "ci", organization: null, role: "viewer", secret: secretOf("ci") },
        change(),
      ),
  ],
  [
    "pin bound to a generation",
    /^PUT/,
    async ({ fleets, change }, id) => {
      const { generation } = await fleets.getFleet(EDGE)
      await fleets.pinFleet(EDGE, id, { ...change(), generation })
    },
  ],
  [
    "removal of several devices",
    /remove$/,
    ({ fleets, change }) => fleets.removeDevices([uuidOf(1), uuidOf(2)], change()),
  ],
  [
    "move to another organization",
    /fleet\?organization=acme$/,
    async ({ fleets, change }) => {
      await fleets.createFleet({ slug: "site/edge", registry: "127.0.0.1:5000/site" }, change())
      await fleets.moveDevices([uuidOf(1)], "site/edge", { ...change(), organization: "acme" })
    },
  ],
  [
    "move of several to another organization",
    /devices\/fleet$/,
    async ({ fleets, change }) => {
      await fleets.createFleet({ slug: "site/edge", registry: "127.0.0.1:5000/site" }, change())
      await fleets.moveDevices([uuidOf(1), uuidOf(2)], "site/edge", { ...change(), organization: "acme" })
    },
  ],
])("a %s whose answer is lost is not sent again, and the error says to look", async ([_, on, work]) => {
  const { context, proxy, release } = await behindTrouble([dropped(on)])
  await expect(work(context, release.id)).rejects.toMatchObject({
    code: "CONNECTION_LOST",
    hint: expect.stringContaining("may or may not have done it"),
  })
  expect(proxy.seen.filter((line) => on.test(line))).toHaveLength(1)
})

test("what is not there cannot be removed", async () => {
  const { context } = await behindTrouble([])
  await expect(context.fleets.removeDevices([uuidOf(9)], context.change())).rejects.toMatchObject({
    code: "DEVICE_NOT_FOUND",
  })
})

test("a busy server is asked again after the time that it names", async () => {
  const fault = { kind: "answer", status: 503, headers: { "retry-after": "7" } } as const
  const { context, clock } = await behindTrouble([{ on: /^GET/, times: 2, fault }])
  expect(await context.fleets.getFleet(EDGE)).toMatchObject({ slug: EDGE })
  expect(clock.waits).toEqual([7000, 7000])
})

test("a server that stays busy fails the call after five tries; one that asks for an hour fails it at once", async () => {
  const { context, clock, proxy } = await behindTrouble([
    { on: /history/, times: 99, fault: { kind: "answer", status: 502, body: "<html>" } },
    { on: /^GET/, times: 99, fault: { kind: "answer", status: 503, headers: { "retry-after": "3600" } } },
  ])
  await expect(context.fleets.listEvents(EDGE)).rejects.toMatchObject({ code: "SERVER_FAILED" })
  expect(proxy.seen).toHaveLength(5)
  await expect(context.fleets.getFleet(EDGE)).rejects.toMatchObject({ code: "SERVER_FAILED" })
  expect(proxy.seen).toHaveLength(6)
  expect(Math.max(...clock.waits)).toBeLessThanOrEqual(2400)
})
