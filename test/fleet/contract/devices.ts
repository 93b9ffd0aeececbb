import { describe, expect, test } from "vitest"
import type { NewDevice } from "../../../src/fleet/device.ts"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

export function describeDevices(site: Site): void {
  describe("devices", () => {
    test("a device is kept as it was registered, and follows its fleet", async () => {
      const device = await site.store.registerDevice(EDGE, sampleDevice(1, { name: "dock – 7" }), at)
      expect(device).toEqual({
        id: expect.any(Number),
        uuid: uuidOf(1),
        name: "dock – 7",
        tags: {},
        fleet: EDGE,
        pin: null,
        target: null,
        current: null,
        reportedAt: null,
        registeredAt: NOW.toISOString(),
        generation: expect.any(Number),
      })
      expect(await site.store.getDevice(uuidOf(1))).toEqual(device)
      expect((await site.device(2)).name).toBeNull()
    })

    test("a device with 62 digits is as good", async () => {
      const uuid = "ab".repeat(31)
      await site.store.registerDevice(EDGE, sampleDevice(1, { uuid }), at)
      expect((await site.store.getDevice(uuid)).uuid).toBe(uuid)
    })

    test("registering again with the same key changes nothing and gives the device", async () => {
      const device = await site.device(1)
      const { id } = await site.release("a")
      await site.store.pinDevices([device.uuid], id, at)
      expect(await site.device(1)).toEqual(await site.store.getDevice(device.uuid))
      expect(await site.store.countDevices(EDGE)).toEqual({ tracking: 0, pinned: 1 })
    })

    test("a uuid is one device of an organization: with another key or in another fleet it is refused", async () => {
      await site.store.createFleet({ slug: "acme/dock" }, at)
      const device = await site.device(1)
      const { key } = sampleDevice(2)
      await refused("DEVICE_EXISTS", /a device 0+1 in acme already/, () =>
        site.store.registerDevice(EDGE, sampleDevice(1, { key }), at),
      )
      await refused("DEVICE_EXISTS", /a device 0+1 in acme already/, () => site.device(1, "acme/dock"))
      expect(await site.store.listDevices()).toEqual([device])
    })

    test("the same uuid in another organization is another device, and neither is in the other's way", async () => {
      const own = await site.device(1)
      const { key } = sampleDevice(2)
      const theirs = await site.store.registerDevice(SITE, sampleDevice(1, { key }), at)
      expect(await site.store.registerDevice(SITE, sampleDevice(1, { key }), at)).toEqual(theirs)
      const [a, b] = [await site.release("a"), await site.release("b", {}, SITE)]
      const [acme, other] = [
        { ...at, organization: "acme" },
        { ...at, organization: "site" },
      ]
      expect(await site.store.pinDevices([own.uuid], a.id, acme)).toMatchObject([
        { id: own.id, pin: { id: a.id } },
      ])
      expect(await site.store.getTarget(own.uuid, other)).toMatchObject({
        isPinned: false,
        release: { id: b.id },
      })
      expect(await site.store.reportRelease(own.uuid, b.commit, other)).toMatchObject({ id: theirs.id })
      expect((await site.store.getDevice(own.uuid, acme)).current).toBeNull()
      expect(await site.store.trackFleet([own.uuid], acme)).toMatchObject([{ id: own.id, pin: null }])
      await site.store.removeDevices([own.uuid], other)
      expect(await site.store.listDevices()).toMatchObject([{ id: own.id, fleet: EDGE }])
    })

    test("a uuid that two organizations have is told apart by the organization, in every method", async () => {
      await site.device(1)
      await site.store.registerDevice(SITE, sampleDevice(1, { key: sampleDevice(2).key }), at)
      await site.device(3)
      const [uuid, other] = [uuidOf(1), uuidOf(3)]
      const { id } = await site.release("a")
      for (const call of [
        () => site.store.getDevice(uuid),
        () => site.store.pinDevices([other, uuid], id, at),
        () => site.store.trackFleet([uuid, other], at),
        () => site.store.moveDevices([uuid], EDGE, at),
        () => site.store.moveDevices([other, uuid], EDGE, at),
        () => site.store.renameDevice(uuid, "x", at),
        () => site.store.tagDevices([other, uuid], { a: "b" }, at),
        () => site.store.removeDevices([other, uuid], at),
        () => site.store.removeDevices([uuid], at),
        () => site.store.getTarget(uuid),
        () => site.store.reportRelease(uuid, null, at),
      ]) {
        const { hint } = await refused("DEVICE_AMBIGUOUS", /devices 0+1 in acme\/edge, site\/edge/, call)
        expect(hint).toContain(`acme/${uuid}`)
      }
      const devices = await site.store.listDevices()
      expect(devices.map(({ fleet, generation, pin }) => [fleet, generation, pin])).toEqual([
        [EDGE, 0, null],
        [SITE, 0, null],
        [EDGE, 0, null],
      ])
      const organization = "acme"
      expect(await site.store.pinDevices([other, uuid], id, { ...at, organization })).toHaveLength(2)
      await refused("DEVICE_NOT_FOUND", /0+3/, () => site.store.getDevice(other, { organization: "site" }))
      expect(await site.store.listDevices({ uuid, organization: "site" })).toMatchObject([{ fleet: SITE }])
    })

    test("a key is one device's, and no message shows it", async () => {
      await site.device(1)
      const { key } = sampleDevice(1)
      const error = await refused("INVALID_DEVICE", /of another device/, () =>
        site.store.registerDevice(EDGE, sampleDevice(2, { key }), at),
      )
      expect(`${error.message} ${error.hint}`).not.toContain(key)
      expect(await site.store.listDevices()).toHaveLength(1)
    })

    test.each<[string, Partial<NewDevice>]>([
      ["an empty uuid", { uuid: "" }],
      ["a uuid that is too short", { uuid: "0".repeat(31) }],
      ["a uuid of a length between", { uuid: "0".repeat(40) }],
      ["a uuid with other characters", { uuid: "g".repeat(32) }],
      ["a uuid in capitals", { uuid: "A".repeat(32) }],
      ["a uuid with a path in it", { uuid: `../${"0".repeat(29)}` }],
      ["an empty name", { name: "" }],
      ["a name of 256 characters", { name: "x".repeat(256) }],
      ["a name with a NUL", { name: "a\0b" }],
      ["a name with half a character", { name: "\ud800" }],
      ["an empty key", { key: "" }],
      ["a short key", { key: "wbd_secret" }],
      ["the secret of a token", { key: `wbt_${"A".repeat(43)}` }],
    ])("a device with %s is not registered", async (_, changes) => {
      await refused("INVALID_DEVICE", /./, () =>
        site.store.registerDevice(EDGE, sampleDevice(1, changes), at),
      )
      expect(await site.store.listDevices()).toEqual([])
    })

    test("a device that is not there is named in the error of every method", async () => {
      const { id } = await site.release("a")
      const uuid = uuidOf(9)
      for (const call of [
        () => site.store.getDevice(uuid),
        () => site.store.pinDevices([uuid], id, at),
        () => site.store.trackFleet([uuid], at),
        () => site.store.moveDevices([uuid], SITE, at),
        () => site.store.renameDevice(uuid, "x", at),
        () => site.store.tagDevices([uuid], { a: "b" }, at),
        () => site.store.removeDevices([uuid], at),
        () => site.store.getTarget(uuid),
        () => site.store.reportRelease(uuid, null, at),
      ]) {
        await refused("DEVICE_NOT_FOUND", new RegExp(uuid), call)
      }
    })

    test("devices are listed in order of registration, page by page", async () => {
      for (const number of [5, 3, 4, 1, 2]) await site.device(number, number === 4 ? SITE : EDGE)
      const all = await site.store.listDevices()
      expect(all.map(({ uuid }) => uuid)).toEqual([5, 3, 4, 1, 2].map(uuidOf))
      const pages = []
      let page = await site.store.listDevices({}, { limit: 2 })
      while (page.length > 0) {
        pages.push(page)
        page = await site.store.listDevices({}, { limit: 2, after: page.at(-1)?.id })
      }
      expect(pages.map((each) => each.length)).toEqual([2, 2, 1])
      expect(pages.flat()).toEqual(all)
      const [, second] = await site.store.listDevices({ fleet: EDGE })
      const rest = await site.store.listDevices({ fleet: EDGE }, { after: second?.id, limit: 1 })
      expect(rest.map(({ uuid }) => uuid)).toEqual([uuidOf(1)])
    })

    test("devices are filtered by fleet, organization, the beginning of the uuid, and policy", async () => {
      await site.store.createFleet({ slug: "acme/dock", registry: "127.0.0.1:5000/site" }, at)
      const uuid = "abcdef".padEnd(32, "0")
      await site.store.registerDevice(EDGE, sampleDevice(1, { uuid }), at)
      await site.device(2)
      await site.device(3, SITE)
      await site.device(4, "acme/dock")
      await site.store.pinDevices([uuidOf(2)], (await site.release("a")).id, at)
      const find = async (...filter: Parameters<typeof site.store.listDevices>) =>
        (await site.store.listDevices(...filter)).map((device) => device.uuid)
      expect(await find({ fleet: EDGE })).toEqual([uuid, uuidOf(2)])
      expect(await find({ organization: "acme" })).toEqual([uuid, uuidOf(2), uuidOf(4)])
      expect(await find({ organization: "none" })).toEqual([])
      expect(await find({ uuid: "abcd" })).toEqual([uuid])
      expect(await find({ uuid: "ABCD" })).toEqual([uuid])
      expect(await find({ uuid: "0000" })).toEqual([uuidOf(2), uuidOf(3), uuidOf(4)])
      expect(await find({ uuid: "0000", fleet: EDGE, organization: "acme" })).toEqual([uuidOf(2)])
      expect(await find({ uuid: "ffff" })).toEqual([])
      expect(await find({ policy: "pinned" })).toEqual([uuidOf(2)])
      expect(await find({ policy: "tracking" })).toEqual([uuid, uuidOf(3), uuidOf(4)])
      expect(await find({ policy: "tracking", organization: "acme" }, { limit: 1 })).toEqual([uuid])
      expect(await find({ fleet: SITE, organization: "acme" })).toEqual([])
    })

    test.each(["", "abc", "%%%%", "abcg", "a".repeat(63)])("%j is no beginning of a uuid", async (uuid) => {
      await refused("INVALID_DEVICE", /beginning/, () => site.store.listDevices({ uuid }))
    })

    test("a removed device is gone, and can be registered anew", async () => {
      const { id } = await site.device(1)
      await site.store.pinDevices([uuidOf(1)], (await site.release("a")).id, at)
      await site.store.removeDevices([uuidOf(1)], at)
      await refused("DEVICE_NOT_FOUND", /0+1/, () => site.store.getDevice(uuidOf(1)))
      expect(await site.store.countDevices(EDGE)).toEqual({ tracking: 0, pinned: 0 })
      const again = await site.device(1, SITE)
      expect(again.pin).toBeNull()
      expect(again.id).toBeGreaterThan(id)
    })

    test("a device's target is the whole release, with where its images are", async () => {
      await site.device(1, SITE)
      const nothing = { uuid: uuidOf(1), fleet: SITE, registry: "127.0.0.1:5000/site", isPinned: false }
      expect(await site.store.getTarget(uuidOf(1))).toEqual({ ...nothing, release: null })
      const release = await site.release("a", { tags: { a: "b" }, note: "n" }, SITE)
      expect(await site.store.getTarget(uuidOf(1))).toEqual({ ...nothing, release })
      await site.store.pinDevices([uuidOf(1)], release.id, at)
      expect(await site.store.getTarget(uuidOf(1))).toEqual({ ...nothing, isPinned: true, release })
    })
  })
}
