import { describe, expect, test } from "vitest"
import type { FleetFilter } from "../../../src/fleet/list-options.ts"
import { uuidOf } from "../sample-device.ts"
import { at, EDGE, NOW, SITE, type Site } from "./site.ts"

export function describeFleetLists(site: Site): void {
  const list = async (filter: FleetFilter) => {
    const found = (await site.store.listFleets(filter)).map(({ slug }) => slug)
    expect(await site.store.totalFleets(filter)).toBe(found.length)
    return found
  }

  describe("lists of fleets", () => {
    test("are found by a part of the slug, by class, and by organization", async () => {
      await site.store.createFleet({ slug: "acme/dock_1", class: "app" }, at)
      await site.store.createFleet({ slug: "acme/dock-2" }, at)
      expect(await list({})).toEqual(["acme/dock-2", "acme/dock_1", EDGE, SITE])
      expect(await list({ search: "EDGE" })).toEqual([EDGE, SITE])
      expect(await list({ search: "e/d" })).toEqual(["acme/dock-2", "acme/dock_1"])
      expect(await list({ search: "_" })).toEqual(["acme/dock_1"])
      expect(await list({ search: "edge", organization: "site" })).toEqual([SITE])
      expect(await list({ class: "app" })).toEqual(["acme/dock_1", SITE])
      expect(await list({ class: "app", organization: "acme" })).toEqual(["acme/dock_1"])
      expect(await list({ class: "block" })).toEqual([])
    })

    test("are ordered from either end, in parts", async () => {
      await site.store.createFleet({ slug: "acme/dock" }, at)
      const slugs = async (options: Parameters<typeof site.store.listFleets>[0]) =>
        (await site.store.listFleets(options)).map(({ slug }) => slug)
      expect(await slugs({ sort: "-slug" })).toEqual([SITE, EDGE, "acme/dock"])
      expect(await slugs({ sort: "-slug", offset: 1, limit: 1 })).toEqual([EDGE])
      expect(await slugs({ sort: "slug", offset: 1 })).toEqual([EDGE, SITE])
      expect(await slugs({ offset: 2, limit: 2 })).toEqual([SITE])
    })

    test("tell of each how far its target has come, and what was done last", async () => {
      const [first, second] = [await site.release("a"), await site.release("b")]
      for (const number of [1, 2, 3]) await site.device(number)
      await site.device(4, SITE)
      await site.store.reportRelease(uuidOf(1), first.commit, { now: NOW })
      await site.store.reportRelease(uuidOf(2), second.commit, { now: NOW })
      await site.store.pinFleet(EDGE, first.id, at)
      const overviews = await site.store.listFleetOverviews({ now: NOW })
      expect(overviews).toEqual([
        {
          fleet: await site.store.getFleet(EDGE),
          rollout: {
            target: expect.objectContaining({ id: first.id }),
            latest: expect.objectContaining({ id: second.id, fleet: EDGE }),
            devices: 3,
            onTarget: 1,
            onTheWay: 1,
            pinnedElsewhere: 0,
            silent: 1,
          },
          lastEvent: expect.objectContaining({ action: "fleet.pin", release: expect.anything() }),
        },
        {
          fleet: await site.store.getFleet(SITE),
          rollout: { ...(await site.store.getRollout(SITE, { now: NOW })), devices: 1, silent: 1 },
          lastEvent: expect.objectContaining({ action: "device.register", device: uuidOf(4) }),
        },
      ])
      const [, last] = overviews
      const page = { now: NOW, sort: "-slug", limit: 1, search: "edge" } as const
      expect(await site.store.listFleetOverviews(page)).toEqual([last])
      expect(await site.store.listFleetOverviews({ now: NOW, class: "block" })).toEqual([])
    })
  })
}
