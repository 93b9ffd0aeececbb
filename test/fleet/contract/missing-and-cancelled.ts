import { describe, expect, test } from "vitest"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { sampleFailure, sampleRelease } from "../sample-release.ts"
import { at, EDGE, refused, SITE, type Site } from "./site.ts"

export function describeMissingAndCancelled(site: Site): void {
  describe("every method", () => {
    test("names the fleet that is not there", async () => {
      const missing = "acme/none"
      await site.device(1)
      const { id } = await site.release("a")
      for (const call of [
        () => site.store.getFleet(missing),
        () => site.store.setPublic(missing, true, at),
        () => site.store.setRegistry(missing, "registry.example", at),
        () => site.store.removeFleet(missing, at),
        () => site.store.listEvents(missing),
        () => site.store.recordRelease(missing, sampleRelease("a"), at),
        () => site.store.recordUnsuccessfulRelease(missing, sampleFailure("a"), at),
        () => site.store.latestRelease(missing),
        () => site.store.listReleases(missing),
        () => site.store.findReleases({ fleet: missing, version: "1.0.0" }),
        () => site.store.findReleases({ fleet: missing, commit: "abcdef0" }),
        () => site.store.pinFleet(missing, id, at),
        () => site.store.trackLatest(missing, at),
        () => site.store.registerDevice(missing, sampleDevice(2), at),
        () => site.store.listDevices({ fleet: missing }),
        () => site.store.countDevices(missing),
        () => site.store.moveDevices([uuidOf(1)], missing, at),
      ]) {
        await refused("FLEET_NOT_FOUND", /acme\/none/, call)
      }
    })

    test.each([4711, Number.MAX_SAFE_INTEGER])("names the release %i, which is not there", async (id) => {
      await site.device(1)
      for (const call of [
        () => site.store.getRelease(id),
        () => site.store.finalizeRelease(id, at),
        () => site.store.invalidateRelease(id, at),
        () => site.store.validateRelease(id, at),
        () => site.store.removeRelease(id, at),
        () => site.store.pinFleet(EDGE, id, at),
        () => site.store.pinDevices([uuidOf(1)], id, at),
        () => site.store.moveDevices([uuidOf(1)], SITE, { ...at, pin: id }),
      ]) {
        await refused("RELEASE_NOT_FOUND", new RegExp(`${id}`), call)
      }
    })

    test("gives nothing behind the end of a list, however far", async () => {
      await site.device(1)
      await site.release("a")
      const after = Number.MAX_SAFE_INTEGER
      expect(await site.store.listDevices({}, { after })).toEqual([])
      expect(await site.store.listReleases(EDGE, { before: after })).toHaveLength(1)
      expect(await site.store.listEvents(EDGE, { before: after, limit: 1 })).toHaveLength(1)
    })

    test("that is cancelled before it begins changes nothing", async () => {
      await site.device(1)
      const { id } = await site.release("a")
      const signal = AbortSignal.abort(new Error("stopped"))
      const changed = { ...at, signal }
      const [fleets, history] = [await site.store.listFleets(), await site.history()]
      for (const call of [
        () => site.store.createFleet({ slug: "acme/dock", registry: "127.0.0.1:5000/site" }, changed),
        () => site.store.getFleet(EDGE, { signal }),
        () => site.store.listFleets({ signal }),
        () => site.store.setPublic(EDGE, true, changed),
        () => site.store.setRegistry(EDGE, "registry.example", changed),
        () => site.store.removeFleet(EDGE, { ...changed, withReleases: true, withDevices: true }),
        () => site.store.listEvents(EDGE, { signal }),
        () => site.store.recordRelease(EDGE, sampleRelease("b"), changed),
        () => site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("b"), changed),
        () => site.store.finalizeRelease(id, changed),
        () => site.store.invalidateRelease(id, changed),
        () => site.store.validateRelease(id, changed),
        () => site.store.getRelease(id, { signal }),
        () => site.store.latestRelease(EDGE, { signal }),
        () => site.store.listReleases(EDGE, { signal }),
        () => site.store.findReleases({ commit: "abcdef0" }, { signal }),
        () => site.store.removeRelease(id, changed),
        () => site.store.pinFleet(EDGE, id, changed),
        () => site.store.trackLatest(EDGE, changed),
        () => site.store.registerDevice(EDGE, sampleDevice(2), changed),
        () => site.store.getDevice(uuidOf(1), { signal }),
        () => site.store.listDevices({}, { signal }),
        () => site.store.countDevices(EDGE, { signal }),
        () => site.store.pinDevices([uuidOf(1)], id, changed),
        () => site.store.trackFleet([uuidOf(1)], changed),
        () => site.store.moveDevices([uuidOf(1)], SITE, changed),
        () => site.store.renameDevice(uuidOf(1), "x", changed),
        () => site.store.tagDevices([uuidOf(1)], { a: "b" }, changed),
        () => site.store.removeDevices([uuidOf(1)], changed),
        () => site.store.getTarget(uuidOf(1), { signal }),
        () => site.store.reportRelease(uuidOf(1), null, changed),
      ]) {
        await expect(call()).rejects.toThrow("stopped")
      }
      expect(await site.store.listFleets()).toEqual(fleets)
      expect(await site.history()).toEqual(history)
    })
  })
}
