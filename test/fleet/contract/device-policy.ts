import { describe, expect, test } from "vitest"
import type { FleetErrorCode } from "../../../src/fleet/fleet-error.ts"
import { uuidOf } from "../sample-device.ts"
import { at, EDGE, refused, SITE, type Site } from "./site.ts"

const ONE = uuidOf(1)
const TWO = uuidOf(2)

export function describeDevicePolicy(site: Site): void {
  describe("the policy of a device", () => {
    test("follows its fleet: to the latest, to a pin, and back", async () => {
      await site.device(1)
      expect(await site.store.getDevice(ONE)).toMatchObject({ pin: null, target: null })
      const first = await site.release("a")
      const name = { id: first.id, fleet: EDGE, commit: first.commit, version: "1.2.3", isInvalidated: false }
      expect(await site.store.getDevice(ONE)).toMatchObject({ pin: null, target: name })
      const second = await site.release("b")
      expect(await site.targets()).toEqual([second.id])
      await site.store.pinFleet(EDGE, first.id, at)
      expect(await site.targets()).toEqual([first.id])
      await site.store.trackLatest(EDGE, at)
      expect(await site.targets()).toEqual([second.id])
    })

    test("pinned, stays on its release whatever its fleet does", async () => {
      await site.device(1)
      await site.device(2)
      const first = await site.release("a")
      const [pinned] = await site.store.pinDevices([ONE], first.id, at)
      expect(pinned).toMatchObject({ uuid: ONE, pin: { id: first.id }, target: { id: first.id } })
      expect(await site.store.getDevice(ONE)).toEqual(pinned)
      const second = await site.release("b")
      expect(await site.targets()).toEqual([first.id, second.id])
      await site.store.pinFleet(EDGE, second.id, at)
      await site.store.trackLatest(EDGE, at)
      expect(await site.targets()).toEqual([first.id, second.id])
    })

    test("of twenty devices: the fleet moves them, a pin of one holds, an invalidation takes the rest back", async () => {
      for (let number = 1; number <= 20; number++) await site.device(number)
      const all = (id: number | undefined) => Array<number | undefined>(20).fill(id)
      const first = await site.release("a")
      expect(await site.targets()).toEqual(all(first.id))
      const second = await site.release("b")
      expect(await site.targets()).toEqual(all(second.id))

      await site.store.pinFleet(EDGE, second.id, at)
      const third = await site.release("c")
      expect(await site.targets()).toEqual(all(second.id))

      await site.store.pinDevices([uuidOf(7)], third.id, at)
      const canary = all(second.id).with(6, third.id)
      expect(await site.targets()).toEqual(canary)
      expect(await site.store.countDevices(EDGE)).toEqual({ tracking: 19, pinned: 1 })

      await site.store.trackLatest(EDGE, at)
      expect(await site.targets()).toEqual(all(third.id))
      await site.store.invalidateRelease(third.id, at)
      expect(await site.targets()).toEqual(canary)
      await site.store.trackFleet([uuidOf(7)], at)
      expect(await site.targets()).toEqual(all(second.id))
    })

    test("keeps its pin when that is invalidated, and cannot get it again", async () => {
      await site.device(1)
      const [first, second] = [await site.release("a"), await site.release("b")]
      await site.store.pinDevices([ONE], second.id, at)
      await site.store.invalidateRelease(second.id, at)
      expect(await site.store.getDevice(ONE)).toMatchObject({
        pin: { id: second.id, isInvalidated: true },
        target: { id: second.id, isInvalidated: true },
      })
      expect(await site.store.trackFleet([ONE], at)).toMatchObject([{ pin: null, target: { id: first.id } }])
      await refused("RELEASE_INVALIDATED", /is invalidated/, () =>
        site.store.pinDevices([ONE], second.id, at),
      )
    })

    test("can be a pin to a draft, which becomes the same pin to a final release", async () => {
      await site.device(1)
      const draft = await site.recordDraft("a", "1.0.0")
      const [device] = await site.store.pinDevices([ONE], draft.id, at)
      expect(device?.target?.version).toBe(`1.0.0-${Date.parse(draft.createdAt)}`)
      await site.store.finalizeRelease(draft.id, at)
      expect((await site.store.getDevice(ONE)).target).toMatchObject({ id: draft.id, version: "1.0.0" })
    })

    test.each<[string, FleetErrorCode, RegExp, (site: Site) => Promise<{ id: number }>]>([
      ["a failed release", "RELEASE_NOT_SUCCESSFUL", /its build is failed/, (on) => on.failure("x")],
      [
        "a cancelled release",
        "RELEASE_NOT_SUCCESSFUL",
        /its build is cancelled/,
        (on) => on.failure("x", "cancelled"),
      ],
      [
        "a release of another fleet",
        "RELEASE_OF_OTHER_FLEET",
        /it is a release of site\/edge/,
        (on) => on.release("x", {}, SITE),
      ],
      [
        "an invalidated release",
        "RELEASE_INVALIDATED",
        /it is invalidated/,
        async (on) => (await on.store.invalidateRelease((await on.release("x")).id, at)).release,
      ],
      ["a release that is not there", "RELEASE_NOT_FOUND", /4711/, async () => ({ id: 4711 })],
    ])("cannot be a pin to %s, which changes nothing", async (_, code, message, make) => {
      await site.device(1)
      const { id: pinned } = await site.release("a")
      await site.store.pinDevices([ONE], pinned, at)
      const { id } = await make(site)
      const [device, history] = [await site.store.getDevice(ONE), await site.history()]
      await refused(code, message, () => site.store.pinDevices([ONE], id, at))
      await refused(code, message, () => site.move(ONE, EDGE, { ...at, pin: id }))
      expect(await site.store.getDevice(ONE)).toEqual(device)
      expect(await site.history()).toEqual(history)
    })

    test("is changed for many at once, in the order they are named, each once", async () => {
      for (const number of [1, 2, 3]) await site.device(number)
      const { id } = await site.release("a")
      const pinned = await site.store.pinDevices([uuidOf(3), ONE, uuidOf(3)], id, at)
      expect(pinned.map((device) => [device.uuid, device.pin?.id])).toEqual([
        [uuidOf(3), id],
        [ONE, id],
      ])
      expect((await site.store.getDevice(TWO)).pin).toBeNull()
      const tracking = await site.store.trackFleet([uuidOf(3), ONE], at)
      expect(tracking.map((device) => [device.uuid, device.pin])).toEqual([
        [uuidOf(3), null],
        [ONE, null],
      ])
      expect(await site.store.pinDevices([], id, at)).toEqual([])
      expect(await site.store.trackFleet([], at)).toEqual([])
    })

    test("is changed for all that are named or for none", async () => {
      await site.device(1)
      await site.device(2, SITE)
      const { id } = await site.release("a")
      await refused("RELEASE_OF_OTHER_FLEET", new RegExp(TWO), () =>
        site.store.pinDevices([ONE, TWO], id, at),
      )
      await refused("DEVICE_NOT_FOUND", new RegExp(uuidOf(3)), () =>
        site.store.pinDevices([ONE, uuidOf(3)], id, at),
      )
      expect((await site.store.getDevice(ONE)).pin).toBeNull()
      await site.store.pinDevices([ONE], id, at)
      await refused("DEVICE_NOT_FOUND", new RegExp(uuidOf(3)), () =>
        site.store.trackFleet([ONE, uuidOf(3)], at),
      )
      expect((await site.store.getDevice(ONE)).pin).toMatchObject({ id })
    })

    test("of devices of several fleets goes back to tracking in one change", async () => {
      await site.device(1)
      await site.device(2, SITE)
      await site.store.pinDevices([ONE], (await site.release("a")).id, at)
      await site.store.pinDevices([TWO], (await site.release("b", {}, SITE)).id, at)
      const devices = await site.store.trackFleet([TWO, ONE], at)
      expect(devices.map((device) => [device.fleet, device.pin])).toEqual([
        [SITE, null],
        [EDGE, null],
      ])
    })

    test("counts a generation with each change of its own, and with none of its fleet's", async () => {
      const { generation: start } = await site.device(1)
      const since = async () => (await site.store.getDevice(ONE)).generation - start
      const { id } = await site.release("a")
      await site.store.pinFleet(EDGE, id, at)
      expect(await since()).toBe(0)
      await site.store.pinDevices([ONE], id, at)
      await site.store.pinDevices([ONE], id, at)
      expect(await since()).toBe(1)
      await site.store.trackFleet([ONE], at)
      await site.store.trackFleet([ONE], at)
      expect(await since()).toBe(2)
      await site.move(ONE, SITE, at)
      await site.move(ONE, SITE, at)
      expect(await since()).toBe(3)
    })

    test("of several devices is changed only while each of them has the generation that is given", async () => {
      const { generation } = await site.device(1)
      await site.device(2)
      const [first, second] = [await site.release("a"), await site.release("b")]
      const bound = { ...at, generation }
      await site.store.pinDevices([ONE, TWO], first.id, bound)
      const pinned = await Promise.all([ONE, TWO].map((uuid) => site.store.getDevice(uuid)))
      expect(pinned.map(({ pin }) => pin?.id)).toEqual([first.id, first.id])
      for (const change of [
        () => site.store.pinDevices([ONE, TWO], second.id, bound),
        () => site.store.trackFleet([ONE, TWO], bound),
      ]) {
        await refused("POLICY_CHANGED", /device \w+ has changed/, change)
      }
      // One that has moved on is enough: all of them stay as they are.
      await site.store.trackFleet([TWO], at)
      await refused("POLICY_CHANGED", new RegExp(`${TWO} has changed`), () =>
        site.store.pinDevices([ONE, TWO], second.id, { ...at, generation: generation + 1 }),
      )
      expect(await site.store.getDevice(ONE)).toEqual(pinned[0])
    })

    test("is changed only while it has the generation that the change is bound to", async () => {
      const { generation } = await site.device(1)
      const [first, second] = [await site.release("a"), await site.release("b")]
      const bound = { ...at, generation }
      await site.store.pinDevices([ONE], first.id, bound)
      const pinned = await site.store.getDevice(ONE)
      for (const change of [
        () => site.store.pinDevices([ONE], second.id, bound),
        () => site.store.trackFleet([ONE], bound),
        () => site.move(ONE, SITE, bound),
      ]) {
        await refused("POLICY_CHANGED", new RegExp(`${ONE} has changed`), change)
      }
      expect(await site.store.getDevice(ONE)).toEqual(pinned)
      const current = { ...at, generation: pinned.generation }
      expect(await site.move(ONE, SITE, current)).toMatchObject({ fleet: SITE, pin: null })
    })
  })
}
