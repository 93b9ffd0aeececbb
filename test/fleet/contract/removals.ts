import { describe, expect, test } from "vitest"
import { uuidOf } from "../sample-device.ts"
import { at, EDGE, refused, SITE, type Site } from "./site.ts"

const ONE = uuidOf(1)
const TWO = uuidOf(2)

export function describeRemovals(site: Site): void {
  describe("what a removal was decided on", () => {
    test("still has to be so, of a fleet as of a device, and of what makes a fleet public", async () => {
      const { generation } = await site.store.getFleet(EDGE)
      const device = await site.device(1)
      await site.release("a")
      const { id } = await site.release("b")
      await site.store.pinDevices([ONE], id, at)
      const stale = { ...at, generation }
      await refused("POLICY_CHANGED", /acme\/edge has changed/, () =>
        site.store.removeFleet(EDGE, { ...stale, withReleases: true, withDevices: true }),
      )
      await refused("POLICY_CHANGED", /acme\/edge has changed/, () => site.store.setPublic(EDGE, true, stale))
      await refused("POLICY_CHANGED", /device 0+1 has changed/, () =>
        site.store.removeDevices([ONE], { ...at, generation: device.generation }),
      )
      const present = await site.store.getDevice(ONE)
      await site.store.removeDevices([ONE], { ...at, generation: present.generation })
      const fleet = await site.store.getFleet(EDGE)
      expect(fleet.isPublic).toBe(false)
      await site.store.setPublic(EDGE, true, { ...at, generation: fleet.generation })
      const decided = { ...at, generation: fleet.generation, withReleases: true }
      await refused("POLICY_CHANGED", /acme\/edge has changed/, () => site.store.removeFleet(EDGE, decided))
      await site.store.removeFleet(EDGE, { ...decided, generation: fleet.generation + 1 })
    })

    test("still has to be so, of a release, as of every change of one", async () => {
      const draft = await site.recordDraft("a")
      const { id } = draft
      await site.store.finalizeRelease(id, { ...at, state: draft })
      await site.release("b")
      const release = await site.store.getRelease(id)
      const { store } = site
      const changes = [
        (state: typeof draft) => store.finalizeRelease(id, { ...at, state }),
        (state: typeof draft) => store.invalidateRelease(id, { ...at, state }),
        (state: typeof draft) => store.validateRelease(id, { ...at, state }),
        (state: typeof draft) => store.removeRelease(id, { ...at, state }),
      ]
      for (const change of changes) {
        await refused("RELEASE_CHANGED", /^release \d+ of acme\/edge has changed meanwhile$/, () =>
          change(draft),
        )
        await refused("RELEASE_CHANGED", /has changed/, () => change({ ...release, isInvalidated: true }))
      }
      expect(await store.getRelease(id)).toEqual(release)
      const { release: invalid } = await store.invalidateRelease(id, { ...at, state: release })
      await store.validateRelease(id, { ...at, state: invalid })
      await store.removeRelease(id, { ...at, state: release })
    })
  })

  describe("a release in use", () => {
    test("as the target of its fleet is not removed", async () => {
      const { id } = await site.release("a")
      const error = await refused("RELEASE_IN_USE", /1\.2\.3 .* is the target of acme\/edge/, () =>
        site.store.removeRelease(id, at),
      )
      expect(error.hint).toBeDefined()
      expect(await site.target()).toBe(id)
      const newer = await site.release("b")
      await site.store.removeRelease(id, at)
      expect(await site.target()).toBe(newer.id)
    })

    test("as a target that was invalidated for want of another is not removed", async () => {
      const { id } = await site.release("a")
      await site.store.invalidateRelease(id, at)
      await refused("RELEASE_IN_USE", /is the target of acme\/edge/, () => site.store.removeRelease(id, at))
    })

    test("as its fleet's pin is not removed", async () => {
      const { id } = await site.release("a")
      await site.release("b")
      await site.store.pinFleet(EDGE, id, at)
      await refused("RELEASE_IN_USE", /acme\/edge is pinned to it/, () => site.store.removeRelease(id, at))
      await site.store.trackLatest(EDGE, at)
      await site.store.removeRelease(id, at)
    })

    test("as the pin of devices is not removed, which says how many", async () => {
      const { id } = await site.release("a")
      await site.release("b")
      await site.device(1)
      await site.device(2)
      await site.store.pinDevices([ONE, TWO], id, at)
      await refused("RELEASE_IN_USE", /2 devices are pinned to it/, () => site.store.removeRelease(id, at))
      await site.store.trackFleet([ONE], at)
      await refused("RELEASE_IN_USE", /one device is pinned to it/, () => site.store.removeRelease(id, at))
      await site.store.pinFleet(EDGE, id, at)
      await refused("RELEASE_IN_USE", /acme\/edge is pinned to it, and one device/, () =>
        site.store.removeRelease(id, at),
      )
      await site.store.trackLatest(EDGE, at)
      await site.store.removeDevices([TWO], at)
      await site.store.removeRelease(id, at)
      expect(await site.store.listReleases(EDGE)).toHaveLength(1)
    })

    test("is none that a pinned fleet would track: it is removed, and the one before takes its place", async () => {
      const [first, second, third] = [
        await site.release("a"),
        await site.release("b"),
        await site.release("c"),
      ]
      await site.store.pinFleet(EDGE, first.id, at)
      await site.store.removeRelease(third.id, at)
      expect(await site.target()).toBe(first.id)
      expect((await site.store.trackLatest(EDGE, at)).fleet).toMatchObject({ target: { id: second.id } })
    })

    test("is no draft, failure or older release", async () => {
      const older = await site.release("a")
      const newest = await site.release("b")
      const draft = await site.recordDraft("c")
      const failed = await site.failure("d")
      for (const { id } of [older, draft, failed]) await site.store.removeRelease(id, at)
      expect((await site.store.listReleases(EDGE)).map(({ id }) => id)).toEqual([newest.id])
    })
  })

  describe("a fleet with devices", () => {
    test("is removed only when they may go with it", async () => {
      await site.device(1)
      await site.device(2, SITE)
      await refused("FLEET_HAS_DEVICES", /acme\/edge has 1 device/, () => site.store.removeFleet(EDGE, at))
      expect(await site.store.countDevices(EDGE)).toEqual({ tracking: 1, pinned: 0 })
      await site.store.removeFleet(EDGE, { ...at, withDevices: true })
      expect((await site.store.listDevices()).map(({ uuid }) => uuid)).toEqual([TWO])
    })

    test("pinned, with pinned devices and releases, goes whole or stays whole", async () => {
      await site.device(1)
      const { id } = await site.release("a")
      await site.store.pinFleet(EDGE, id, at)
      await site.store.pinDevices([ONE], id, at)
      await site.store.reportRelease(ONE, (await site.store.getRelease(id)).commit, at)
      await refused("FLEET_HAS_RELEASES", /1 release/, () =>
        site.store.removeFleet(EDGE, { ...at, withDevices: true }),
      )
      await refused("FLEET_HAS_DEVICES", /1 device/, () =>
        site.store.removeFleet(EDGE, { ...at, withReleases: true }),
      )
      expect(await site.targets()).toEqual([id])
      await site.store.removeFleet(EDGE, { ...at, withReleases: true, withDevices: true })
      await refused("RELEASE_NOT_FOUND", /./, () => site.store.getRelease(id))
      await refused("DEVICE_NOT_FOUND", /./, () => site.store.getDevice(ONE))
      await site.store.createFleet({ slug: EDGE, registry: "127.0.0.1:5000/site" }, at)
      expect(await site.store.getFleet(EDGE)).toMatchObject({ pin: null, target: null })
      expect(await site.targets()).toEqual([])
    })

    test("that a device ran a release of can go: the device then runs nothing known", async () => {
      await site.store.createFleet({ slug: "acme/dock", registry: "127.0.0.1:5000/site" }, at)
      await site.device(1)
      const { commit } = await site.release("a")
      await site.store.reportRelease(ONE, commit, at)
      await site.store.moveDevices([ONE], "acme/dock", at)
      await site.store.removeFleet(EDGE, { ...at, withReleases: true })
      expect(await site.store.getDevice(ONE)).toMatchObject({ fleet: "acme/dock", current: null })
    })
  })
}
