import { describe, expect, test } from "vitest"
import type { Device, DeviceFilter } from "../../../src/fleet/device.ts"
import { ROLLOUT_PARTS, rolloutPartOf } from "../../../src/fleet/rollout.ts"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

const silence = { now: NOW }

export function describeDeviceLists(site: Site): void {
  const named = (number: number, name?: string) =>
    site.store.registerDevice(EDGE, sampleDevice(number, { name }), at)
  const numbers = (devices: readonly Device[]) => devices.map(({ uuid }) => Number.parseInt(uuid, 16))
  const list = async (filter: DeviceFilter) => {
    const found = numbers(await site.store.listDevices(filter))
    expect(await site.store.totalDevices(filter)).toBe(found.length)
    expect(numbers(await site.store.listDevices(filter, { sort: "-registeredAt" }))).toEqual(
      found.toReversed(),
    )
    return found
  }

  describe("lists of devices", () => {
    test("are searched by a part of the name in any case, and by the beginning of the uuid", async () => {
      await named(1, "Press 100% North")
      await named(2, "PRESS_4")
      await named(3)
      await named(0xab, "dock \\ \u00c4")
      await site.store.registerDevice(EDGE, sampleDevice(5, { uuid: "ab".repeat(16) }), at)
      expect(await list({ fleet: EDGE, search: "pReSS" })).toEqual([1, 2])
      expect(await list({ search: "100% n" })).toEqual([1])
      expect(await list({ search: "s_4" })).toEqual([2])
      expect(await list({ search: "\\" })).toEqual([0xab])
      expect(await list({ search: "\u00c4" })).toEqual([0xab])
      expect(await list({ search: "%" })).toEqual([1])
      expect(await list({ search: "_" })).toEqual([2])
      expect(await list({ search: "ABA" })).toEqual([Number.parseInt("ab".repeat(16), 16)])
      expect(await list({ search: "0000", policy: "tracking" })).toEqual([1, 2, 3, 0xab])
      expect(await list({ search: "0000", organization: "site" })).toEqual([])
      expect(await list({ search: "nothing like it" })).toEqual([])
    })

    test("are ordered by name, uuid, report and registration, from either end, in parts", async () => {
      await named(4, "b")
      await named(3)
      await named(2, "C")
      await named(1, "a")
      await named(5, "b")
      await site.store.reportRelease(uuidOf(2), null, { now: NOW })
      const { store } = site
      for (const [sort, expected] of [
        ["name", [3, 1, 4, 5, 2]],
        ["uuid", [1, 2, 3, 4, 5]],
        ["reportedAt", [4, 3, 1, 5, 2]],
        ["registeredAt", [4, 3, 2, 1, 5]],
      ] as const) {
        for (const [order, all] of [
          [sort, expected],
          [`-${sort}`, expected.toReversed()],
        ] as const) {
          expect(numbers(await store.listDevices({ fleet: EDGE }, { sort: order })), order).toEqual(all)
          const part = { sort: order, limit: 2, offset: 1 }
          expect(numbers(await store.listDevices({ fleet: EDGE }, part)), order).toEqual(all.slice(1, 3))
          expect(numbers(await store.listDevices({}, { sort: order, offset: 3 })), order).toEqual(
            all.slice(3),
          )
        }
      }
      expect(numbers(await store.listDevices({}, { limit: 2, offset: 2 }))).toEqual([2, 1])
      expect(await store.listDevices({}, { limit: 2, offset: 5 })).toEqual([])
    })

    test("tell devices by what they run, and by what they should run", async () => {
      const [a, b] = [await site.release("a"), await site.release("b")]
      for (const number of [1, 2, 3]) await site.device(number)
      await site.device(4, SITE)
      await site.store.pinFleet(EDGE, a.id, at)
      await site.store.pinDevices([uuidOf(2)], b.id, at)
      await site.store.pinDevices([uuidOf(3)], a.id, at)
      await site.store.reportRelease(uuidOf(2), a.commit, { now: NOW })
      expect(await list({ target: a.id })).toEqual([1, 3])
      expect(await list({ target: b.id })).toEqual([2])
      expect(await list({ current: a.id })).toEqual([2])
      expect(await list({ current: null })).toEqual([1, 3, 4])
      expect(await list({ current: null, fleet: SITE })).toEqual([4])
      expect(await list({ target: a.id, current: a.id })).toEqual([])
      await site.store.trackLatest(EDGE, at)
      expect(await list({ target: b.id })).toEqual([1, 2])
    })

    test("of a fleet that is not there are refused, also counted", async () => {
      await refused("FLEET_NOT_FOUND", /acme\/none/, () =>
        site.store.listDevices({ fleet: "acme/none" }, { sort: "name" }),
      )
      await refused("FLEET_NOT_FOUND", /acme\/none/, () => site.store.totalDevices({ fleet: "acme/none" }))
    })
  })

  describe("the rollout of a fleet", () => {
    test("has each device in one part, by its pin, by what it runs, and by its report", async () => {
      const [first, target, latest] = [
        await site.release("a"),
        await site.release("b"),
        await site.release("c"),
      ]
      await site.store.pinFleet(EDGE, target.id, at)
      let number = 0
      for (const pin of [undefined, first, target]) {
        for (const commit of [undefined, null, first.commit, target.commit]) {
          const { uuid } = await site.device(++number)
          if (pin) await site.store.pinDevices([uuid], pin.id, at)
          if (commit !== undefined) await site.store.reportRelease(uuid, commit, { now: NOW })
        }
      }
      const parts = {
        silent: [1, 5, 9],
        "on-the-way": [2, 3, 10, 11],
        "on-target": [4, 12],
        "pinned-elsewhere": [6, 7, 8],
      }
      expect(await site.store.getRollout(EDGE, silence)).toEqual({
        target: expect.objectContaining({ id: target.id, version: "1.2.3+rev1" }),
        latest: expect.objectContaining({ id: latest.id, version: "1.2.3+rev2" }),
        devices: 12,
        onTarget: 2,
        onTheWay: 4,
        pinnedElsewhere: 3,
        silent: 3,
      })
      for (const part of ROLLOUT_PARTS) {
        expect(await list({ fleet: EDGE, rollout: { part, ...silence } }), part).toEqual(parts[part])
        const said = (await site.store.listDevices()).filter(
          (device) => rolloutPartOf(device, target, silence) === part,
        )
        expect(numbers(said), part).toEqual(parts[part])
      }
      expect(await list({ silent: silence })).toEqual(parts.silent)
    })

    test("of a fleet without a target has who runs nothing there on target", async () => {
      const theirs = await site.release("b", {}, SITE)
      for (const number of [1, 2]) await site.device(number)
      await site.device(3, SITE)
      await site.store.reportRelease(uuidOf(1), null, { now: NOW })
      await site.store.invalidateRelease(theirs.id, at)
      expect(await site.store.getRollout(EDGE, silence)).toEqual({
        target: null,
        latest: null,
        devices: 2,
        onTarget: 1,
        onTheWay: 0,
        pinnedElsewhere: 0,
        silent: 1,
      })
      expect(await site.store.getRollout(SITE, silence)).toMatchObject({
        target: { id: theirs.id, isInvalidated: true },
        latest: null,
        silent: 1,
      })
      await refused("FLEET_NOT_FOUND", /acme\/none/, () => site.store.getRollout("acme/none", silence))
    })

    test("has no draft as its latest", async () => {
      const { id } = await site.release("a")
      await site.recordDraft("b", "2.0.0")
      await site.failure("c")
      expect((await site.store.getRollout(EDGE, silence)).latest?.id).toBe(id)
    })
  })
}
