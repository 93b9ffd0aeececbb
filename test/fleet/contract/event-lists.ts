import { describe, expect, test } from "vitest"
import type { EventFilter, EventScope } from "../../../src/fleet/list-options.ts"
import { uuidOf } from "../sample-device.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

export function describeEventLists(site: Site): void {
  const list = async (of: EventScope, filter: EventFilter = {}) => {
    const found = await site.store.listEvents(of, filter)
    expect(await site.store.totalEvents(of, filter)).toBe(found.length)
    expect(await site.store.listEvents(of, { ...filter, limit: 1, offset: 1 })).toEqual(found.slice(1, 2))
    return found.map(({ action, fleet }) => `${action} ${fleet}`)
  }
  const later = (milliseconds: number) => new Date(NOW.getTime() + milliseconds)

  describe("lists of what was done", () => {
    test("are of one fleet, of an organization, or of all", async () => {
      await site.store.createFleet({ slug: "acme/dock" }, at)
      await site.device(1, SITE)
      const theirs = ["device.register site/edge", "fleet.create site/edge"]
      expect(await list({ organization: "acme" })).toEqual([
        "fleet.create acme/dock",
        "fleet.create acme/edge",
      ])
      expect(await list({ organization: "site" })).toEqual(theirs)
      expect(await list({})).toEqual([
        "device.register site/edge",
        "fleet.create acme/dock",
        "fleet.create site/edge",
        "fleet.create acme/edge",
      ])
      expect(await list({ organization: "none" })).toEqual([])
      expect(await list(SITE)).toEqual(theirs)
      await site.store.removeFleet("acme/dock", at)
      expect(await list({ organization: "acme" }, { actions: ["fleet.remove"] })).toEqual([
        "fleet.remove acme/dock",
      ])
    })

    test("are told by what was done, by whom, to which device, about which release, and when", async () => {
      const first = await site.release("a")
      const second = await site.release("b")
      await site.release("a", {}, SITE)
      await site.device(1)
      await site.device(2)
      await site.store.pinDevices([uuidOf(1), uuidOf(2)], first.id, at)
      expect(await list(EDGE, { actions: ["device.pin"] })).toHaveLength(2)
      expect(await list(EDGE, { actions: ["device.pin", "fleet.create"] })).toHaveLength(3)
      expect(await list(EDGE, { actions: [] })).toHaveLength(7)
      expect(await list(EDGE, { actor: site.actor })).toHaveLength(7)
      expect(await list({}, { actor: "nobody" })).toEqual([])
      expect(await list({ organization: "acme" }, { device: uuidOf(2) })).toEqual([
        "device.pin acme/edge",
        "device.register acme/edge",
      ])
      expect(await list(SITE, { device: uuidOf(2) })).toEqual([])
      expect(await list(EDGE, { commit: first.commit.slice(0, 9) })).toEqual([
        "device.pin acme/edge",
        "device.pin acme/edge",
        "release.create acme/edge",
      ])
      expect(await list({}, { commit: first.commit, actions: ["release.create"] })).toEqual([
        "release.create site/edge",
        "release.create acme/edge",
      ])
      expect(await list(EDGE, { commit: second.commit })).toHaveLength(1)
      expect(await list({ organization: "acme" }, { since: NOW, until: later(1) })).toHaveLength(7)
      expect(await list(EDGE, { since: later(1) })).toEqual([])
      expect(await list(EDGE, { until: NOW })).toEqual([])
      await refused("INVALID_COMMIT", /main/, () => site.store.listEvents(EDGE, { commit: "main" }))
      await refused("FLEET_NOT_FOUND", /acme\/none/, () =>
        site.store.totalEvents("acme/none", { actor: "nobody" }),
      )
    })
  })
}
