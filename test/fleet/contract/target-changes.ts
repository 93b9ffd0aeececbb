import { describe, expect, test } from "vitest"
import type { Release, ReleaseName } from "../../../src/fleet/release.ts"
import { parseVersion, rawVersion } from "../../../src/fleet/version.ts"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { sampleRelease } from "../sample-release.ts"
import { at, EDGE, type Site } from "./site.ts"

function named(release: Release, changes: Partial<ReleaseName> = {}): ReleaseName {
  const { id, fleet, commit, isInvalidated } = release
  return { id, fleet, commit, version: rawVersion(release), isInvalidated, ...changes }
}

export function describeTargetChanges(site: Site): void {
  const record = (seed: string, version: string, isDraft = false) =>
    site.store.recordRelease(EDGE, sampleRelease(seed, { version: parseVersion(version), isDraft }), at)

  /** Three devices, one of which is pinned to a release that is not the fleet's target any more. */
  async function withDevices() {
    const { release: old } = await record("old", "1.0.0")
    for (const number of [1, 2, 3]) await site.store.registerDevice(EDGE, sampleDevice(number), at)
    await site.store.pinDevices([uuidOf(3)], old.id, at)
    return { old, devices: { tracking: 2, pinned: 1 } }
  }

  describe("a change says what devices run because of it", () => {
    test("a release that is recorded becomes the target of a fleet that tracks, older or newer", async () => {
      const first = await record("a", "1.3.0")
      expect(first.target).toEqual({
        before: null,
        after: named(first.release),
        isPinned: false,
        devices: { tracking: 0, pinned: 0 },
      })
      await site.store.registerDevice(EDGE, sampleDevice(1), at)
      const older = await record("b", "1.0.0")
      expect(older.target).toEqual({
        before: named(first.release),
        after: named(older.release),
        isPinned: false,
        devices: { tracking: 1, pinned: 0 },
      })
    })

    test("a draft moves nothing until it is final", async () => {
      const { old, devices } = await withDevices()
      const draft = await record("b", "2.0.0", true)
      const stays = { before: named(old), after: named(old), isPinned: false, devices }
      expect(draft.target).toEqual(stays)
      const final = await site.store.finalizeRelease(draft.release.id, at)
      expect(final.target).toEqual({ ...stays, after: named(final.release) })
      const again = await site.store.finalizeRelease(draft.release.id, at)
      expect(again.target).toEqual({ ...stays, before: named(final.release), after: named(final.release) })
    })

    test("a pinned fleet moves with its pin alone", async () => {
      const { old, devices } = await withDevices()
      const pinned = await site.store.pinFleet(EDGE, old.id, at)
      const stays = { before: named(old), after: named(old), isPinned: true, devices }
      expect(pinned.target).toEqual(stays)
      const next = await record("b", "2.0.0")
      expect(next.target).toEqual(stays)
      const moved = await site.store.pinFleet(EDGE, next.release.id, at)
      expect(moved.target).toEqual({ ...stays, after: named(next.release) })
      expect(moved.fleet).toEqual(await site.store.getFleet(EDGE))
      await site.store.pinFleet(EDGE, old.id, at)
      const tracking = await site.store.trackLatest(EDGE, at)
      expect(tracking.target).toEqual({ ...stays, after: named(next.release), isPinned: false })
    })

    test("a release that is invalidated leaves the target to the one before, and takes it back when it is valid", async () => {
      const { old, devices } = await withDevices()
      const { release } = await record("b", "2.0.0")
      const moves = { isPinned: false, devices }
      const invalid = named(release, { isInvalidated: true })
      expect((await site.store.invalidateRelease(release.id, at)).target).toEqual({
        ...moves,
        before: invalid,
        after: named(old),
      })
      expect((await site.store.validateRelease(release.id, at)).target).toEqual({
        ...moves,
        before: named(old),
        after: named(release),
      })
    })

    test("whoever records again with the same key is told what the first time moved", async () => {
      const once = { ...at, idempotencyKey: "once" }
      await record("a", "1.0.0")
      const first = await site.store.recordRelease(EDGE, sampleRelease("b"), once)
      expect(first.target.before).not.toBeNull()
      await record("c", "3.0.0")
      expect(await site.store.recordRelease(EDGE, sampleRelease("b"), once)).toEqual(first)
    })

    test("the history keeps it, of changes that could move a target and of no others", async () => {
      const { old, devices } = await withDevices()
      const { release, target } = await record("b", "2.0.0")
      const pinned = await site.store.pinFleet(EDGE, old.id, at)
      const events = await site.store.listEvents(EDGE)
      expect(events.map(({ action, target: kept }) => [action, kept])).toEqual([
        ["fleet.pin", pinned.target],
        ["release.create", target],
        ["device.pin", null],
        ...[3, 2, 1].map(() => ["device.register", null]),
        ["release.create", expect.objectContaining({ before: null, after: named(old) })],
        ["fleet.create", null],
      ])
      expect(pinned.target).toEqual({ before: named(release), after: named(old), isPinned: true, devices })
    })
  })
}
