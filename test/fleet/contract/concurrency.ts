import { describe, expect, test } from "vitest"
import { FleetError } from "../../../src/fleet/fleet-error.ts"
import { sampleDevice, uuidOf } from "../sample-device.ts"
import { sampleRelease } from "../sample-release.ts"
import { at, EDGE, SITE, type Site } from "./site.ts"

export function describeConcurrency(site: Site): void {
  describe("at once", () => {
    test("pins and removals of one release: it is pinned and there, or gone and no pin", async () => {
      for (let round = 0; round < 10; round++) {
        const { id } = await site.release(`old ${round}`)
        await site.release(`new ${round}`)
        await site.device(round)
        const uuid = uuidOf(round)
        const outcomes = await settle([
          () => site.store.pinFleet(EDGE, id, at),
          () => site.store.pinDevices([uuid], id, at),
          () => site.store.removeRelease(id, at),
        ])
        await checkReferences(site)
        const isThere = (await site.store.listReleases(EDGE)).some((release) => release.id === id)
        expect(isThere).toBe(outcomes[2] !== "done")
        if (isThere) expect(outcomes).toContain("done")
        await site.store.trackLatest(EDGE, at)
        await site.store.trackFleet([uuid], at)
      }
    })

    test("pins and invalidations: a pin was decided before, or is refused", async () => {
      for (let round = 0; round < 10; round++) {
        const { id } = await site.release(`a ${round}`)
        const [pinned] = await settle([
          () => site.store.pinFleet(EDGE, id, at),
          () => site.store.invalidateRelease(id, at),
        ])
        expect(["done", "RELEASE_INVALIDATED"]).toContain(pinned)
        expect((await site.store.getFleet(EDGE)).pin?.id).toBe(pinned === "done" ? id : undefined)
        const history = (await site.history()).slice(-2).map((entry) => entry.split(" ")[0])
        expect(history.at(-1)).toBe("release.invalidate")
        await site.store.trackLatest(EDGE, at)
      }
    })

    test("the same mark from many callers: it is set once, and the last entry is what the fleet is", async () => {
      await settle(Array.from({ length: 6 }, () => () => site.store.setPublic(EDGE, true, at)))
      expect(await site.history()).toEqual(["fleet.create", "fleet.publish"])
      await settle([true, false, true, false].map((mark) => () => site.store.setPublic(EDGE, mark, at)))
      const isPublic = (await site.history()).at(-1) === "fleet.publish"
      expect(await site.store.getFleet(EDGE)).toMatchObject({ isPublic })
    })

    test("recordings, finalizations and invalidations leave the fleet on its latest", async () => {
      const drafts = await Promise.all(
        [0, 1, 2, 3].map((at4) => site.recordDraft(`draft ${at4}`, `1.0.${at4}`)),
      )
      const old = await site.release("old")
      await settle([
        ...drafts.map(
          ({ id }) =>
            () =>
              site.store.finalizeRelease(id, at),
        ),
        ...Array.from({ length: 10 }, (_, at10) => () => site.release(`new ${at10}`)),
        () => site.store.invalidateRelease(old.id, at),
        ...drafts.map(
          ({ id }) =>
            () =>
              site.store.invalidateRelease(id, at),
        ),
      ])
      expect(await site.target()).toBe(await site.latest())
    })

    test("moves to and fro, pins and removals of devices keep each device whole", async () => {
      const [here, there] = [await site.release("a"), await site.release("b", {}, SITE)]
      for (let number = 1; number <= 6; number++) await site.device(number)
      const numbers = [1, 2, 3, 4, 5, 6]
      await settle([
        ...numbers.map((number) => () => site.store.moveDevices([uuidOf(number)], SITE, at)),
        ...numbers.map((number) => () => site.store.pinDevices([uuidOf(number)], here.id, at)),
        ...numbers.map((number) => () => site.store.pinDevices([uuidOf(number)], there.id, at)),
        () => site.store.trackFleet(numbers.map(uuidOf), at),
        ...numbers.map((number) => () => site.store.moveDevices([uuidOf(number)], EDGE, at)),
        ...numbers.map((number) => () => site.store.renameDevice(uuidOf(number), `press ${number}`, at)),
        () => site.store.tagDevices(numbers.map(uuidOf), { site: "north", hall: "1" }, at),
        () => site.store.tagDevices(numbers.toReversed().map(uuidOf), { site: "south", hall: null }, at),
        () => site.store.pinDevices({ fleet: EDGE, where: [{ key: "site" }] }, here.id, at),
        () => site.store.trackFleet({ fleet: SITE, where: [{ key: "site", value: "south" }] }, at),
        () => site.store.moveDevices([uuidOf(2), uuidOf(1)], SITE, at),
        () => site.store.removeDevices([uuidOf(3)], at),
        () => site.store.trackFleet(numbers.toReversed().map(uuidOf), at),
      ])
      const devices = await site.store.listDevices()
      expect(devices.map(({ uuid }) => uuid)).toEqual([1, 2, 4, 5, 6].map(uuidOf))
      await checkReferences(site)
      // Both set a site, and one of them was the last.
      for (const { tags } of devices) {
        expect([{ site: "south" }, { site: "north", hall: "1" }, {}]).toContainEqual(tags)
      }
      for (const fleet of [EDGE, SITE] as const) {
        const entries = await site.history(fleet)
        const count = (action: string) => entries.filter((entry) => entry.startsWith(action)).length
        const gone = count("device.leave") + count("device.remove")
        const counts = await site.store.countDevices(fleet)
        expect(count("device.register") + count("device.join") - gone).toBe(counts.tracking + counts.pinned)
      }
    })

    test("changes bound to one generation: one of them is done", async () => {
      const releases = [await site.release("a"), await site.release("b"), await site.release("c")]
      const { generation } = await site.store.getFleet(EDGE)
      const outcomes = await settle(
        releases.map(
          ({ id }) =>
            () =>
              site.store.pinFleet(EDGE, id, { ...at, generation }),
        ),
      )
      expect(outcomes.toSorted()).toEqual(["POLICY_CHANGED", "POLICY_CHANGED", "done"])
    })

    test("registrations of one uuid make one device", async () => {
      const devices = await Promise.all(
        Array.from({ length: 10 }, () => site.store.registerDevice(EDGE, sampleDevice(1), at)),
      )
      expect(new Set(devices.map(({ id }) => id)).size).toBe(1)
      expect(await site.history()).toEqual(["fleet.create", "device.register 1"])
    })

    test("a fleet is removed with all its devices, or gets one more and stays", async () => {
      for (let round = 0; round < 5; round++) {
        const slug = `acme/round-${round}` as const
        await site.store.createFleet({ slug, registry: "127.0.0.1:5000/site" }, at)
        await settle([
          () => site.device(100 + round, slug),
          () => site.store.removeFleet(slug, at),
          () => site.store.recordRelease(slug, sampleRelease("a"), at),
        ])
        const fleets = (await site.store.listFleets()).map((fleet) => fleet.slug)
        const devices = await site.store.listDevices({ uuid: uuidOf(100 + round) })
        if (!fleets.includes(slug)) expect(devices).toEqual([])
      }
      await checkReferences(site)
    })
  })
}

/** Does all at once, and says of each that it is done, or the code of why not. */
function settle(calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  return Promise.all(
    calls.map((call) =>
      call().then(
        () => "done",
        (error: unknown) => {
          if (error instanceof FleetError) return error.code
          throw error
        },
      ),
    ),
  )
}

/** Every pin and target is a release that is there, of the right fleet. */
async function checkReferences(site: Site): Promise<void> {
  const named = [
    ...(await site.store.listFleets()).flatMap(({ slug, pin, target }) => [
      { slug, name: pin },
      { slug, name: target },
    ]),
    ...(await site.store.listDevices()).flatMap(({ fleet, pin, target }) => [
      { slug: fleet, name: pin },
      { slug: fleet, name: target },
    ]),
  ]
  for (const { slug, name } of named) {
    if (name !== null) expect(await site.store.getRelease(name.id)).toMatchObject({ fleet: slug })
  }
}
