import { describe, expect, test } from "vitest"
import type { FleetStore } from "../../../src/fleet/fleet-store.ts"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { at, EDGE, refused, type Site } from "./site.ts"

const preview = { ...at, preview: true }

export function describePreviews(site: Site): void {
  /** Everything that a change could have left behind. */
  const everything = async () => ({
    fleets: await site.store.listFleets(),
    releases: await site.store.listReleases(EDGE),
    devices: await site.store.listDevices(),
    events: await site.store.listEvents(EDGE),
  })

  /** Two releases and a draft; two devices that follow, and one that is pinned to the older. */
  async function prepare() {
    const [old, latest] = [await site.release("a"), await site.release("b")]
    const draft = await site.recordDraft("c", "9.0.0")
    for (const number of [1, 2, 3]) await site.store.registerDevice(EDGE, sampleDevice(number), at)
    await site.store.pinDevices([uuidOf(3)], old.id, at)
    return { old, latest, draft }
  }
  type Prepared = Awaited<ReturnType<typeof prepare>>

  describe("a preview", () => {
    const changes: [string, (store: FleetStore, ids: Prepared, options: typeof at) => Promise<unknown>][] = [
      ["a pin", (store, { old }, options) => store.pinFleet(EDGE, old.id, options)],
      ["tracking latest", (store, _, options) => store.trackLatest(EDGE, options)],
      ["finalizing", (store, { draft }, options) => store.finalizeRelease(draft.id, options)],
      ["invalidating", (store, { latest }, options) => store.invalidateRelease(latest.id, options)],
      ["validating", (store, { latest }, options) => store.validateRelease(latest.id, options)],
    ]
    test.each(changes)(
      "of %s says what the change says then, and leaves nothing behind",
      async (_, change) => {
        const ids = await prepare()
        if (_ === "tracking latest") await site.store.pinFleet(EDGE, ids.old.id, at)
        if (_ === "validating") await site.store.invalidateRelease(ids.latest.id, at)
        const before = await everything()
        const told = await change(site.store, ids, preview)
        expect(await everything()).toEqual(before)
        expect(told).toMatchObject({ target: { devices: { tracking: 2, pinned: 1 } } })
        expect((told as { target: { before: unknown } }).target.before).not.toEqual(
          (told as { target: { after: unknown } }).target.after,
        )
        expect(await change(site.store, ids, at)).toEqual(told)
      },
    )

    test("of a change is refused as the change is", async () => {
      const { old, draft } = await prepare()
      const before = await everything()
      await refused("RELEASE_IS_DRAFT", /draft/, () => site.store.pinFleet(EDGE, draft.id, preview))
      await refused("POLICY_CHANGED", /acme\/edge/, () =>
        site.store.pinFleet(EDGE, old.id, { ...preview, generation: 99 }),
      )
      await refused("RELEASE_CHANGED", /release/, () =>
        site.store.invalidateRelease(old.id, { ...preview, state: { revision: 7, isInvalidated: false } }),
      )
      expect(await everything()).toEqual(before)
    })

    test("of a removal says whether it is refused, and removes nothing", async () => {
      const { old, draft } = await prepare()
      const before = await everything()
      await site.store.removeRelease(draft.id, preview)
      await refused("RELEASE_IN_USE", /one device is pinned/, () => site.store.removeRelease(old.id, preview))
      await refused("FLEET_HAS_RELEASES", /3 releases/, () => site.store.removeFleet(EDGE, preview))
      await refused("FLEET_HAS_DEVICES", /3 devices/, () =>
        site.store.removeFleet(EDGE, { ...preview, withReleases: true }),
      )
      await site.store.removeFleet(EDGE, { ...preview, withReleases: true, withDevices: true })
      expect(await everything()).toEqual(before)
    })
  })
}
