import { describe, expect, test } from "vitest"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { sampleFailure, sampleRelease } from "../sample-release.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

const ONE = uuidOf(1)

export function describeMoves(site: Site): void {
  describe("a device that moves", () => {
    test("follows its new fleet, and is pinned no more", async () => {
      await site.device(1)
      const [here, there] = [await site.release("a"), await site.release("b", {}, SITE)]
      await site.store.pinDevices([ONE], here.id, at)
      const moved = await site.move(ONE, SITE, at)
      expect(moved).toMatchObject({ fleet: SITE, pin: null, target: { id: there.id, fleet: SITE } })
      expect(await site.store.getDevice(ONE)).toEqual(moved)
      expect(await site.store.countDevices(EDGE)).toEqual({ tracking: 0, pinned: 0 })
      expect(await site.store.countDevices(SITE)).toEqual({ tracking: 1, pinned: 0 })
      expect(await site.store.listDevices({ organization: "site" })).toEqual([moved])
      expect(await site.store.listDevices({ organization: "acme" })).toEqual([])
    })

    test("can be pinned in its new fleet by the same change", async () => {
      await site.device(1)
      const there = await site.release("a", {}, SITE)
      await site.release("b", {}, SITE)
      const moved = await site.move(ONE, SITE, { ...at, pin: there.id })
      expect(moved).toMatchObject({ fleet: SITE, pin: { id: there.id }, target: { id: there.id } })
    })

    test("cannot be pinned to a release of the fleet it leaves, and then stays", async () => {
      await site.device(1)
      const here = await site.release("a")
      await site.store.pinDevices([ONE], here.id, at)
      const device = await site.store.getDevice(ONE)
      await refused("RELEASE_OF_OTHER_FLEET", /of acme\/edge/, () =>
        site.move(ONE, SITE, { ...at, pin: here.id }),
      )
      expect(await site.store.getDevice(ONE)).toEqual(device)
    })

    test("to where it is changes nothing, a pin excepted", async () => {
      await site.device(1)
      const [first, second] = [await site.release("a"), await site.release("b")]
      const [pinned] = await site.store.pinDevices([ONE], first.id, at)
      expect(await site.move(ONE, EDGE, at)).toEqual(pinned)
      const again = await site.move(ONE, EDGE, { ...at, pin: second.id })
      expect(again).toMatchObject({ fleet: EDGE, pin: { id: second.id } })
    })

    test("cannot go to an organization that has a device with its uuid, and then stays", async () => {
      const device = await site.device(1)
      const theirs = await site.store.registerDevice(SITE, sampleDevice(1, { key: sampleDevice(2).key }), at)
      await refused("DEVICE_EXISTS", /a device 0+1 in site already/, () =>
        site.move(ONE, SITE, { ...at, organization: "acme" }),
      )
      expect(await site.store.listDevices()).toEqual([device, theirs])
      expect(await site.history(SITE)).toEqual(["fleet.create", "device.register 1"])
    })

    test("frees the release that it was pinned to", async () => {
      await site.device(1)
      const first = await site.release("a")
      await site.release("b")
      await site.store.pinDevices([ONE], first.id, at)
      await refused("RELEASE_IN_USE", /one device/, () => site.store.removeRelease(first.id, at))
      await site.move(ONE, SITE, at)
      await site.store.removeRelease(first.id, at)
    })
  })

  describe("what a device says that it runs", () => {
    test("is kept, with the time, and taken back with null", async () => {
      await site.device(1)
      const { id, commit } = await site.release("a")
      const reported = await site.store.reportRelease(ONE, commit, at)
      expect(reported).toMatchObject({
        current: { id, fleet: EDGE, commit, version: "1.2.3", isInvalidated: false },
        reportedAt: NOW.toISOString(),
      })
      expect(await site.store.getDevice(ONE)).toEqual(reported)
      expect(await site.store.reportRelease(ONE, commit.toUpperCase(), at)).toEqual(reported)
      expect(await site.store.reportRelease(ONE, null, at)).toMatchObject({
        current: null,
        reportedAt: NOW.toISOString(),
      })
    })

    test("does not change its policy, its generation or the history", async () => {
      const device = await site.device(1)
      const { commit } = await site.release("a")
      const history = await site.history()
      const { pin, generation } = await site.store.reportRelease(ONE, commit, at)
      expect({ pin, generation }).toEqual({ pin: null, generation: device.generation })
      expect(await site.history()).toEqual(history)
    })

    test("is a success of its fleet, also a draft or an invalidated one", async () => {
      await site.device(1)
      const draft = await site.recordDraft("a")
      expect((await site.store.reportRelease(ONE, draft.commit, at)).current?.id).toBe(draft.id)
      await site.store.invalidateRelease(draft.id, at)
      expect((await site.store.reportRelease(ONE, draft.commit, at)).current).toMatchObject({
        id: draft.id,
        isInvalidated: true,
      })
    })

    test("may be what it ran already in the fleet that it was in before, and of no other", async () => {
      await site.store.createFleet({ slug: "acme/dock", registry: "127.0.0.1:5000/site" }, at)
      await site.device(1)
      const before = await site.release("a")
      await site.store.createFleet({ slug: "acme/yard", registry: "127.0.0.1:5000/site" }, at)
      const sister = await site.release("s", {}, "acme/yard")
      await refused("RELEASE_NOT_FOUND", new RegExp(sister.commit), () =>
        site.store.reportRelease(ONE, sister.commit, at),
      )
      await site.store.reportRelease(ONE, before.commit, at)
      expect(await site.move(ONE, "acme/dock", at)).toMatchObject({
        target: null,
        current: { id: before.id, fleet: EDGE },
      })
      expect(await site.store.reportRelease(ONE, before.commit, at)).toMatchObject({
        current: { id: before.id, fleet: EDGE },
      })
      const own = await site.release("a", {}, "acme/dock")
      expect((await site.store.reportRelease(ONE, own.commit, at)).current?.id).toBe(own.id)
      const foreign = await site.release("b", {}, SITE)
      await refused("RELEASE_NOT_FOUND", new RegExp(foreign.commit), () =>
        site.store.reportRelease(ONE, foreign.commit, at),
      )
    })

    test("is not told to another organization that it moves to", async () => {
      await site.device(1)
      const before = await site.release("a")
      await site.store.reportRelease(ONE, before.commit, at)
      expect(await site.move(ONE, SITE, at)).toMatchObject({ fleet: SITE, current: null })
      await refused("RELEASE_NOT_FOUND", new RegExp(before.commit), () =>
        site.store.reportRelease(ONE, before.commit, at),
      )
    })

    test("is a whole commit of a success: all else is refused and changes nothing", async () => {
      await site.device(1)
      const { commit } = await site.release("a")
      const device = await site.store.reportRelease(ONE, commit, at)
      const failed = await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("b"), at)
      for (const unknown of [commit.slice(0, 8), failed.commit, sampleRelease("c").commit]) {
        await refused("RELEASE_NOT_FOUND", new RegExp(unknown), () =>
          site.store.reportRelease(ONE, unknown, at),
        )
      }
      for (const wrong of ["", "main", "%", `${commit}0`]) {
        await refused("INVALID_COMMIT", /is not a commit/, () => site.store.reportRelease(ONE, wrong, at))
      }
      expect(await site.store.getDevice(ONE)).toEqual(device)
    })

    test("keeps no release from being removed, and is nothing then", async () => {
      await site.device(1)
      const first = await site.release("a")
      await site.release("b")
      await site.store.reportRelease(ONE, first.commit, at)
      await site.store.removeRelease(first.id, at)
      expect((await site.store.getDevice(ONE)).current).toBeNull()
    })
  })
}
