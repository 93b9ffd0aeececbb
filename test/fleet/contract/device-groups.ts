import { describe, expect, test } from "vitest"
import type { DevicesChange, FleetDevices, TargetsChange } from "../../../src/fleet/device-group.ts"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

const DOCK = "acme/dock"

export function describeDeviceGroups(site: Site): void {
  /** Four devices of acme/edge, the first of them pinned to the older of two releases, and one of site/edge. */
  async function prepare() {
    const [old, latest] = [await site.release("a"), await site.release("b")]
    await site.store.createFleet({ slug: DOCK, registry: "127.0.0.1:5000/site" }, at)
    for (const number of [1, 2, 3, 4]) {
      await site.store.registerDevice(EDGE, sampleDevice(number, { name: `press ${number}` }), at)
    }
    await site.device(5, SITE)
    await site.store.tagDevices([2, 3, 5].map(uuidOf), { site: "north" }, at)
    await site.store.pinDevices([uuidOf(1)], old.id, at)
    return { old, latest }
  }
  const all: FleetDevices = { fleet: EDGE }
  const change = (devices: FleetDevices, what: DevicesChange, options = {}) =>
    site.store.changeDevices(devices, what, { ...at, ...options })
  const preview = (devices: FleetDevices | string[], what: TargetsChange) =>
    site.store.previewDevices(devices, what)
  const pins = async () => (await site.store.listDevices({})).map(({ pin }) => pin?.version ?? null)

  describe("devices that a filter lets through", () => {
    test("are pinned, and let go, and those for which that is none are not counted as changed", async () => {
      const { old } = await prepare()
      const pin = { change: "pin", release: old.id } as const
      expect(await change(all, pin)).toEqual({ matched: 4, changed: 3 })
      const { version } = (await site.store.getDevice(uuidOf(1))).pin ?? {}
      expect(await pins()).toEqual([version, version, version, version, null])
      expect((await site.history()).slice(-3)).toEqual([2, 3, 4].map((n) => `device.pin ${version} ${n}`))
      const north = { fleet: EDGE, where: [{ key: "site", value: "north" }] } as const
      expect(await change(north, { change: "track-fleet" })).toEqual({ matched: 2, changed: 2 })
      expect(await pins()).toEqual([version, null, null, version, null])
    })

    test.each([
      ["search", { search: "PRESS 3" }, [3]],
      ["search in uuids", { search: uuidOf(2) }, [2]],
      ["policy", { policy: "pinned" }, [1]],
      ["tags and policy", { where: [{ key: "site" }], policy: "tracking" }, [2, 3]],
      ["what they run", { current: null }, [1, 2, 3, 4]],
      ["silence", { silent: { silentAfter: 60, now: NOW } }, [1, 2, 3, 4]],
      ["rollout", { rollout: { part: "silent", now: NOW } }, [1, 2, 3, 4]],
      ["name", { name: "press 4" }, [4]],
    ] as [string, Omit<FleetDevices, "fleet">, number[]][])(
      "are those of a list by %s",
      async (_, filter, numbers) => {
        await prepare()
        const matched: FleetDevices = { fleet: EDGE, ...filter }
        expect((await site.store.listDevices(matched)).map(({ uuid }) => uuid)).toEqual(numbers.map(uuidOf))
        const done = await change(matched, { change: "tag", tags: { found: "yes" } })
        expect(done).toEqual({ matched: numbers.length, changed: numbers.length })
        const tagged = await site.store.listDevices({ where: [{ key: "found" }] })
        expect(tagged.map(({ uuid }) => uuid)).toEqual(numbers.map(uuidOf))
      },
    )

    test("are those with this target", async () => {
      const { old, latest } = await prepare()
      expect(await change({ fleet: EDGE, target: old.id }, { change: "track-fleet" })).toMatchObject({
        matched: 1,
      })
      expect(await change({ fleet: EDGE, target: latest.id }, { change: "track-fleet" })).toMatchObject({
        matched: 4,
      })
    })

    test("get tags and lose tags, each with its own history and generation", async () => {
      await prepare()
      const before = await site.store.listDevices({ fleet: EDGE })
      const done = await change(all, { change: "tag", tags: { site: "south", hall: null } })
      expect(done).toEqual({ matched: 4, changed: 4 })
      const after = await site.store.listDevices({ fleet: EDGE })
      expect(after).toEqual(
        before.map((device) => ({ ...device, tags: { site: "south" }, generation: device.generation + 1 })),
      )
      expect((await site.history()).slice(-2)).toEqual([
        "device.tag 3 tags.site:north→south",
        "device.tag 4 tags.site:null→south",
      ])
      expect(await change(all, { change: "tag", tags: { site: "south" } })).toEqual({
        matched: 4,
        changed: 0,
      })
      expect((await site.store.listDevices({ fleet: EDGE })).map(({ tags }) => tags)).toEqual(
        after.map(({ tags }) => tags),
      )
    })

    test("move to another fleet, and lose their pins, and what they ran where the organization is another", async () => {
      const { latest } = await prepare()
      await site.store.reportRelease(uuidOf(2), latest.commit, { now: NOW })
      expect(await change(all, { change: "move", fleet: DOCK })).toEqual({ matched: 4, changed: 4 })
      expect(await site.store.listDevices({ fleet: EDGE })).toEqual([])
      expect(await site.store.listDevices({ fleet: DOCK })).toMatchObject([
        { pin: null, current: null },
        { pin: null, current: { id: latest.id } },
        { pin: null },
        { pin: null },
      ])
      expect((await site.history(DOCK)).slice(-1)).toEqual([`device.join 4 ${EDGE}`])
      expect(await change({ fleet: DOCK }, { change: "move", fleet: SITE })).toEqual({
        matched: 4,
        changed: 4,
      })
      expect((await site.store.getDevice(uuidOf(2))).current).toBeNull()
    })

    test("do not move where the organization has such a device already: not one of them", async () => {
      await prepare()
      await site.store.registerDevice(SITE, sampleDevice(3, { key: sampleDevice(33).key }), at)
      await refused("DEVICE_EXISTS", new RegExp(uuidOf(3)), () =>
        change(all, { change: "move", fleet: SITE }),
      )
      expect(await site.store.listDevices({ fleet: EDGE })).toHaveLength(4)
    })

    test("are removed, and no others", async () => {
      await prepare()
      expect(await change({ fleet: EDGE, policy: "tracking" }, { change: "remove" })).toEqual({
        matched: 3,
        changed: 3,
      })
      expect((await site.store.listDevices({})).map(({ uuid }) => uuid)).toEqual([1, 5].map(uuidOf))
      expect((await site.history()).slice(-1)).toEqual(["device.remove 4"])
    })

    test("are all changed or none: of another number, generation, or release than was meant, or where there are none", async () => {
      const { old } = await prepare()
      const failed = await site.failure("f")
      const before = await site.store.listDevices({})
      const pin = { change: "pin", release: old.id } as const
      await refused("DEVICES_CHANGED", /4 devices of acme\/edge .* 3 were expected/, () =>
        change(all, pin, { expected: 3 }),
      )
      await refused("POLICY_CHANGED", /device 0+/, () => change(all, pin, { generation: 0, expected: 4 }))
      await refused("RELEASE_NOT_SUCCESSFUL", /failed/, () =>
        change(all, { change: "pin", release: failed.id }),
      )
      await refused("RELEASE_OF_OTHER_FLEET", /acme\/edge/, () => change({ fleet: SITE }, pin))
      await refused("RELEASE_NOT_FOUND", /999/, () => change(all, { change: "pin", release: 999 }))
      await refused("FLEET_NOT_FOUND", /acme\/none/, () => change({ fleet: "acme/none" }, pin))
      await refused("FLEET_NOT_FOUND", /acme\/none/, () =>
        change(all, { change: "move", fleet: "acme/none" }),
      )
      await refused("INVALID_DEVICE", /key/, () => change(all, { change: "tag", tags: { "a b": "x" } }))
      const none = { fleet: EDGE, search: "no such" } as const
      await refused("DEVICE_NOT_FOUND", /no device of acme\/edge/, () => change(none, pin))
      await refused("DEVICES_CHANGED", /0 devices/, () => change(none, pin, { expected: 4 }))
      expect(await site.store.listDevices({})).toEqual(before)
      expect(await change(all, pin, { expected: 4 })).toEqual({ matched: 4, changed: 3 })
    })
  })

  describe("a preview of devices", () => {
    test("says what they would run, and what that does is the same then", async () => {
      const { old, latest } = await prepare()
      const [first, second] = await site.store.listDevices({ fleet: EDGE })
      const before = await site.store.listDevices({})
      expect(await preview(all, { change: "pin", release: old.id })).toEqual({
        matched: 4,
        moves: [{ from: second?.target, to: first?.target, devices: 3 }],
        unchanged: 1,
        pinned: 1,
        alreadyPinned: 1,
      })
      expect(await preview([1, 2].map(uuidOf), { change: "pin", release: latest.id })).toEqual({
        matched: 2,
        moves: [{ from: first?.target, to: second?.target, devices: 1 }],
        unchanged: 1,
        pinned: 1,
        alreadyPinned: 0,
      })
      expect(await preview(all, { change: "track-fleet" })).toMatchObject({
        moves: [{ devices: 1 }],
        unchanged: 3,
      })
      expect(await preview(all, { change: "move", fleet: DOCK })).toEqual({
        matched: 4,
        moves: [
          { from: second?.target, to: null, devices: 3 },
          { from: first?.target, to: null, devices: 1 },
        ],
        unchanged: 0,
        pinned: 1,
        alreadyPinned: 0,
      })
      expect(await preview(all, { change: "move", fleet: EDGE })).toMatchObject({ moves: [], unchanged: 4 })
      expect(await site.store.listDevices({})).toEqual(before)
      await change(all, { change: "pin", release: old.id })
      expect((await site.targets()).filter((id) => id === old.id)).toHaveLength(4)
    })

    test("is refused as the change is", async () => {
      const { old } = await prepare()
      const pin = { change: "pin", release: old.id } as const
      const draft = await site.recordDraft("d", "9.0.0")
      expect(await preview(all, { change: "pin", release: draft.id })).toMatchObject({ moves: [{}, {}] })
      await refused("RELEASE_OF_OTHER_FLEET", /acme\/edge/, () => preview([2, 5].map(uuidOf), pin))
      await refused("RELEASE_OF_OTHER_FLEET", /acme\/edge/, () =>
        preview(all, { change: "move", fleet: DOCK, pin: old.id }),
      )
      await refused("DEVICE_NOT_FOUND", /no device of acme\/edge/, () =>
        preview({ fleet: EDGE, search: "none" }, pin),
      )
      await refused("DEVICE_NOT_FOUND", /there is no device/, () => preview([uuidOf(9)], pin))
      await refused("FLEET_NOT_FOUND", /acme\/none/, () =>
        preview(all, { change: "move", fleet: "acme/none" }),
      )
    })
  })
}
