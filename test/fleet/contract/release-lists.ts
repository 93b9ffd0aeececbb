import { describe, expect, test } from "vitest"
import type { ReleaseConditions, ReleaseOrder } from "../../../src/fleet/list-options.ts"
import { parseVersion, rawVersion } from "../../../src/fleet/version.ts"
import { uuidOf } from "../sample-device.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

export function describeReleaseLists(site: Site): void {
  const versions = async (sort: ReleaseOrder, options = {}) =>
    (await site.store.listReleases(EDGE, { sort, ...options })).map(rawVersion)
  const list = async (conditions: ReleaseConditions) => {
    const found = (await site.store.listReleases(EDGE, conditions)).map(({ id }) => id)
    expect(await site.store.totalReleases(EDGE, conditions)).toBe(found.length)
    const overviews = await site.store.listReleaseOverviews(EDGE, { ...conditions, sort: "recordedAt" })
    expect(overviews.map(({ id }) => id)).toEqual(found.toReversed())
    return found
  }

  describe("lists of releases", () => {
    test("are searched by version, by note, and by the beginning of the commit", async () => {
      const first = await site.release("a", {
        commit: `abcdef${"1".repeat(34)}`,
        note: "The 100% Tested one",
      })
      const second = await site.release("b", {
        version: parseVersion("2.0.0-Beta.1"),
        commit: `1${"abcdef".repeat(6)}111`,
      })
      await site.release("a", {}, SITE)
      expect(await list({ search: "tested" })).toEqual([first.id])
      expect(await list({ search: "100%" })).toEqual([first.id])
      expect(await list({ search: "beta" })).toEqual([second.id])
      expect(await list({ search: "ABCDEF" })).toEqual([first.id])
      expect(await list({ search: "2.0" })).toEqual([second.id])
      expect(await list({ search: "1" })).toEqual([second.id, first.id])
      expect(await list({ search: "_" })).toEqual([])
    })

    test("tell drafts, invalidated ones, and what a fleet or a device may be pinned to", async () => {
      const final = await site.release("a")
      const draft = await site.recordDraft("b", "2.0.0")
      const invalidated = await site.release("c", { version: parseVersion("3.0.0") })
      const failed = await site.failure("d")
      await site.store.invalidateRelease(invalidated.id, at)
      expect(await list({ draft: true })).toEqual([draft.id])
      expect(await list({ draft: false })).toEqual([failed.id, invalidated.id, final.id])
      expect(await list({ invalidated: true })).toEqual([invalidated.id])
      expect(await list({ invalidated: false, status: "success" })).toEqual([draft.id, final.id])
      expect(await list({ pinnable: "fleet" })).toEqual([final.id])
      expect(await list({ pinnable: "device" })).toEqual([draft.id, final.id])
      expect(await list({ pinnable: "device", search: "2.0" })).toEqual([draft.id])
    })

    test("are found by a tag", async () => {
      const stable = await site.release("a", { tags: { channel: "stable" } })
      const beta = await site.release("b", { tags: { channel: "beta" } })
      expect(await list({ tag: { key: "channel" } })).toEqual([beta.id, stable.id])
      expect(await list({ tag: { key: "channel", value: "stable" } })).toEqual([stable.id])
      expect(await list({ tag: { key: "channel", value: "" } })).toEqual([])
      expect(await list({ tag: { key: "stable" } })).toEqual([])
    })

    test("are ordered by the precedence of their versions, or by when they were recorded, in parts", async () => {
      for (const [seed, version, variant] of [
        ["a", "1.0.0-rc.10", ""],
        ["b", "1.0.0", ""],
        ["c", "1.0.0-rc.2", ""],
        ["d", "0.10.0", ""],
        ["e", "1.0.0", "prod"],
        ["f", "0.9.0", ""],
        ["g", "1.0.0", ""],
      ] as const) {
        await site.record(seed, version, variant)
      }
      const recorded = ["1.0.0-rc.10", "1.0.0", "1.0.0-rc.2", "0.10.0", "1.0.0+prod", "0.9.0", "1.0.0+rev1"]
      const ordered = ["0.9.0", "0.10.0", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.0.0+rev1", "1.0.0+prod"]
      expect(await versions("recordedAt")).toEqual(recorded)
      expect(await versions("-recordedAt")).toEqual(recorded.toReversed())
      expect(await versions("version")).toEqual(ordered)
      expect(await versions("-version")).toEqual(ordered.toReversed())
      expect(await versions("version", { offset: 1, limit: 2 })).toEqual(ordered.slice(1, 3))
      expect(await versions("-version", { offset: 6, limit: 2 })).toEqual(ordered.slice(0, 1))
      expect(await versions("-recordedAt", { offset: 5, limit: 9 })).toEqual(
        recorded.slice(0, 2).toReversed(),
      )
      await site.recordDraft("h", "1.0.0")
      const withDraft = await site.store.listReleases(EDGE, { sort: "-version", limit: 4 })
      expect(withDraft.map(({ revision }) => revision)).toEqual([0, 1, 0, null])
    })

    test("say of each what it is used for, with its note and tags", async () => {
      const first = await site.release("a", { note: "the first", tags: { channel: "stable" } })
      const second = await site.release("b")
      const draft = await site.recordDraft("c")
      for (const number of [1, 2, 3, 4]) await site.device(number)
      await site.store.pinFleet(EDGE, first.id, at)
      await site.store.pinDevices([uuidOf(1)], second.id, at)
      await site.store.pinDevices([uuidOf(2)], first.id, at)
      await site.store.reportRelease(uuidOf(1), first.commit, { now: NOW })
      await site.store.reportRelease(uuidOf(3), first.commit, { now: NOW })
      const expected = [
        UNUSED,
        { ...UNUSED, isLatest: true, pinnedDevices: 1, targetDevices: 1 },
        {
          isLatest: false,
          isTarget: true,
          isFleetPin: true,
          pinnedDevices: 1,
          currentDevices: 2,
          targetDevices: 3,
        },
      ]
      const overviews = await site.store.listReleaseOverviews(EDGE)
      expect(overviews.map(({ use }) => use)).toEqual(expected)
      const [, , last] = overviews
      const [summary] = await site.store.listReleases(EDGE, { offset: 2 })
      expect(last).toEqual({ ...summary, note: "the first", tags: { channel: "stable" }, use: expected[2] })
      expect(overviews[0]).toMatchObject({ note: null, tags: {} })
      for (const [place, { id }] of [draft, second, first].entries()) {
        expect(await site.store.getReleaseUse(id)).toEqual(expected[place])
      }
      await site.store.trackLatest(EDGE, at)
      expect(await site.store.getReleaseUse(second.id)).toEqual({
        ...UNUSED,
        isLatest: true,
        isTarget: true,
        pinnedDevices: 1,
        targetDevices: 3,
      })
    })

    test("of what is not there are refused", async () => {
      await refused("FLEET_NOT_FOUND", /acme\/none/, () => site.store.listReleaseOverviews("acme/none"))
      await refused("FLEET_NOT_FOUND", /acme\/none/, () => site.store.totalReleases("acme/none"))
      await refused("RELEASE_NOT_FOUND", /4711/, () => site.store.getReleaseUse(4711))
    })
  })
}

const UNUSED = {
  isLatest: false,
  isTarget: false,
  isFleetPin: false,
  pinnedDevices: 0,
  currentDevices: 0,
  targetDevices: 0,
}
