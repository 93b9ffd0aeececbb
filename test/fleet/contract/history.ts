import { describe, expect, test } from "vitest"
import type { FleetErrorCode } from "../../../src/fleet/fleet-error.ts"
import { parseVersion } from "../../../src/fleet/version.ts"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { sampleFailure, sampleRelease } from "../sample-release.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

const ONE = uuidOf(1)

export function describeHistory(site: Site): void {
  describe("the history of a fleet", () => {
    test("says who did what to what, and when", async () => {
      await site.device(1)
      const { commit, id } = await site.release("a")
      await site.store.pinDevices([ONE], id, at)
      const [pinned, recorded] = await site.store.listEvents(EDGE)
      const entry = { at: NOW.toISOString(), actor: site.actor, values: [], fleet: EDGE, otherFleet: null }
      expect(pinned).toEqual({
        ...entry,
        id: expect.any(Number),
        action: "device.pin",
        release: { commit, version: "1.2.3" },
        target: null,
        device: ONE,
      })
      expect(recorded).toEqual({
        ...entry,
        id: expect.any(Number),
        action: "release.create",
        release: { commit, version: "1.2.3" },
        target: expect.objectContaining({ before: null, after: expect.objectContaining({ id }) }),
        device: null,
      })
    })

    test("has an entry of each action", async () => {
      const { id } = await site.release("a", { version: parseVersion("1.0.0") })
      const imported = sampleRelease("b", { version: parseVersion("1.0.0") })
      await site.store.recordRelease(EDGE, imported, { ...at, origin: "import" })
      const draft = await site.recordDraft("c", "2.0.0")
      await site.failure("d")
      await site.failure("e", "cancelled")
      await site.store.finalizeRelease(draft.id, at)
      await site.store.invalidateRelease(draft.id, at)
      await site.store.validateRelease(draft.id, at)
      await site.device(1)
      await site.store.pinFleet(EDGE, id, at)
      await site.store.trackLatest(EDGE, at)
      await site.store.setPublic(EDGE, true, at)
      await site.store.setPublic(EDGE, false, at)
      await site.store.pinDevices([ONE], id, at)
      await site.store.trackFleet([ONE], at)
      await site.store.renameDevice(ONE, "press 4", at)
      await site.store.tagDevices([ONE], { site: "north", hall: "3" }, at)
      await site.store.tagDevices([ONE], { site: "south", hall: null, none: null }, at)
      await site.store.setRegistry(EDGE, "registry.example/new", at)
      await site.store.removeRelease(id, at)
      await site.store.removeDevices([ONE], at)
      const time = Date.parse(draft.createdAt)
      expect(await site.history()).toEqual([
        "fleet.create",
        "release.create 1.0.0",
        "release.import 1.0.0+rev1",
        `release.create 2.0.0-${time}`,
        `release.fail 1.2.3-${time}`,
        `release.fail 1.2.3-${time}`,
        "release.finalize 2.0.0",
        "release.invalidate 2.0.0",
        "release.validate 2.0.0",
        "device.register 1",
        "fleet.pin 1.0.0",
        "fleet.track-latest",
        "fleet.publish",
        "fleet.unpublish",
        "device.pin 1.0.0 1",
        "device.track-fleet 1",
        "device.rename 1 name:null→press 4",
        "device.tag 1 tags.site:null→north tags.hall:null→3",
        "device.tag 1 tags.site:north→south tags.hall:3→null",
        "fleet.set-registry registry:127.0.0.1:5000/site→registry.example/new",
        "release.remove 1.0.0",
        "device.remove 1",
      ])
    })

    test("has a move in both fleets, each naming the other", async () => {
      const dock = "acme/dock"
      await site.store.createFleet({ slug: dock, registry: "127.0.0.1:5000/site" }, at)
      await site.device(1)
      const { id } = await site.release("a", {}, dock)
      await site.store.moveDevices([ONE], dock, { ...at, pin: id })
      await site.store.moveDevices([ONE], EDGE, at)
      expect(await site.history()).toEqual([
        "fleet.create",
        "device.register 1",
        "device.leave 1 acme/dock",
        "device.join 1 acme/dock",
      ])
      expect(await site.history(dock)).toEqual([
        "fleet.create",
        "release.create 1.2.3",
        "device.join 1.2.3 1 acme/edge",
        "device.leave 1 acme/edge",
      ])
    })

    test("names no fleet of another organization, from which a device came or to which it went", async () => {
      await site.device(1)
      await site.store.moveDevices([ONE], SITE, at)
      await site.store.moveDevices([ONE], EDGE, at)
      expect(await site.history()).toEqual([
        "fleet.create",
        "device.register 1",
        "device.leave 1",
        "device.join 1",
      ])
      expect(await site.history(SITE)).toEqual(["fleet.create", "device.join 1", "device.leave 1"])
    })

    test("has an entry for each of many devices, and one in the fleet of each", async () => {
      await site.device(1)
      await site.device(2)
      await site.device(3, SITE)
      const { id } = await site.release("a")
      await site.store.pinDevices([ONE, uuidOf(2)], id, at)
      await site.store.pinDevices([uuidOf(3)], (await site.release("b", {}, SITE)).id, at)
      await site.store.trackFleet([uuidOf(3), uuidOf(2)], at)
      expect((await site.history()).slice(-3)).toEqual([
        "device.pin 1.2.3 1",
        "device.pin 1.2.3 2",
        "device.track-fleet 2",
      ])
      expect((await site.history(SITE)).at(-1)).toBe("device.track-fleet 3")
    })

    test("has no entry of what changed nothing", async () => {
      await site.device(1)
      const { id, commit } = await site.release("a")
      await site.store.pinFleet(EDGE, id, at)
      await site.store.pinDevices([ONE], id, at)
      await site.store.setPublic(SITE, true, at)
      await site.store.renameDevice(ONE, "press 4", at)
      await site.store.tagDevices([ONE], { site: "north" }, at)
      const history = await site.history()
      await site.device(1)
      await site.store.renameDevice(ONE, "press 4", at)
      await site.store.tagDevices([ONE], { site: "north", hall: null }, at)
      await site.store.setRegistry(EDGE, "127.0.0.1:5000/site", at)
      await site.store.pinFleet(EDGE, id, at)
      await site.store.pinDevices([ONE], id, at)
      await site.store.finalizeRelease(id, at)
      await site.store.validateRelease(id, at)
      await site.store.moveDevices([ONE], EDGE, at)
      await site.store.reportRelease(ONE, commit, at)
      await site.store.getTarget(ONE)
      await site.store.setPublic(EDGE, false, at)
      await site.store.setPublic(SITE, true, at)
      expect(await site.history()).toEqual(history)
      expect(await site.history(SITE)).toEqual(["fleet.create", "fleet.publish"])
      await site.store.trackLatest(EDGE, at)
      await site.store.trackFleet([ONE], at)
      await site.store.invalidateRelease(id, at)
      const after = await site.history()
      expect(after.length).toBe(history.length + 3)
      await site.store.trackLatest(EDGE, at)
      await site.store.trackFleet([ONE], at)
      await site.store.invalidateRelease(id, at)
      expect(await site.history()).toEqual(after)
    })

    test("has no entry of what was refused", async () => {
      await site.device(1)
      const { id } = await site.release("a")
      const foreign = await site.release("b", {}, SITE)
      const failed = await site.failure("c")
      const history = await site.history()
      const { store } = site
      const none = uuidOf(2)
      const withRevision = sampleRelease("d", { version: parseVersion("1.2.3+rev9") })
      const calls: [FleetErrorCode, RegExp, () => Promise<unknown>][] = [
        [
          "FLEET_EXISTS",
          /acme\/edge already/,
          () => store.createFleet({ slug: EDGE, registry: "127.0.0.1:5000/site" }, at),
        ],
        ["FLEET_HAS_RELEASES", /acme\/edge has 2 releases/, () => store.removeFleet(EDGE, at)],
        ["RELEASE_EXISTS", /acme\/edge/, () => store.recordRelease(EDGE, sampleRelease("a"), at)],
        ["REVISION_MISMATCH", /asks for rev9/, () => store.recordRelease(EDGE, withRevision, at)],
        [
          "INVALID_COMMIT",
          /main/,
          () => store.recordUnsuccessfulRelease(EDGE, sampleFailure("d", { commit: "main" }), at),
        ],
        ["RELEASE_NOT_SUCCESSFUL", /is failed/, () => store.finalizeRelease(failed.id, at)],
        ["RELEASE_NOT_SUCCESSFUL", /is failed/, () => store.invalidateRelease(failed.id, at)],
        ["RELEASE_IN_USE", /1\.2\.3/, () => store.removeRelease(id, at)],
        ["RELEASE_OF_OTHER_FLEET", /site\/edge/, () => store.pinFleet(EDGE, foreign.id, at)],
        ["POLICY_CHANGED", /acme\/edge/, () => store.trackLatest(EDGE, { ...at, generation: 4711 })],
        [
          "DEVICE_EXISTS",
          new RegExp(ONE),
          () => store.registerDevice(EDGE, sampleDevice(1, { key: sampleDevice(2).key }), at),
        ],
        ["DEVICE_NOT_FOUND", new RegExp(none), () => store.pinDevices([ONE, none], id, at)],
        ["DEVICE_NOT_FOUND", new RegExp(none), () => store.trackFleet([ONE, none], at)],
        ["RELEASE_OF_OTHER_FLEET", /acme\/edge/, () => store.moveDevices([ONE], SITE, { ...at, pin: id })],
        ["FLEET_NOT_FOUND", /acme\/none/, () => store.moveDevices([ONE], "acme/none", at)],
        ["DEVICE_NOT_FOUND", new RegExp(none), () => store.removeDevices([ONE, none], at)],
        ["DEVICE_NOT_FOUND", new RegExp(none), () => store.moveDevices([ONE, none], SITE, at)],
        ["DEVICE_NOT_FOUND", new RegExp(none), () => store.tagDevices([ONE, none], { a: "b" }, at)],
        ["INVALID_DEVICE", /a b/, () => store.tagDevices([ONE], { c: "d", "a b": "" }, at)],
        ["INVALID_DEVICE", /0 characters/, () => store.renameDevice(ONE, "", at)],
        [
          "DEVICE_NOT_FOUND",
          /no device of acme\/edge has site=north/,
          () => store.pinDevices({ fleet: EDGE, where: [{ key: "site", value: "north" }] }, id, at),
        ],
      ]
      for (const [code, message, call] of calls) await refused(code, message, call)
      expect(await site.history()).toEqual(history)
    })

    test("outlives the fleet, and goes on with one of the same name", async () => {
      await site.release("a")
      await site.store.removeFleet(EDGE, { ...at, withReleases: true })
      const removed = ["fleet.create", "release.create 1.2.3", "fleet.remove"]
      expect(await site.history()).toEqual(removed)
      await site.store.createFleet({ slug: EDGE, registry: "127.0.0.1:5000/site" }, at)
      expect(await site.history()).toEqual([...removed, "fleet.create"])
    })

    test("is listed newest first, page by page", async () => {
      for (const number of [1, 2, 3, 4]) await site.device(number)
      const all = await site.store.listEvents(EDGE)
      expect(all.map(({ action }) => action)).toEqual([
        ...Array<string>(4).fill("device.register"),
        "fleet.create",
      ])
      const pages = []
      let page = await site.store.listEvents(EDGE, { limit: 2 })
      while (page.length > 0) {
        pages.push(page)
        page = await site.store.listEvents(EDGE, { limit: 2, before: page.at(-1)?.id })
      }
      expect(pages.map((each) => each.length)).toEqual([2, 2, 1])
      expect(pages.flat()).toEqual(all)
    })
  })
}
