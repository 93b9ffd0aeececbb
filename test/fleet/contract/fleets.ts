import { describe, expect, test } from "vitest"
import { uuidOf } from "../sample-device.ts"
import { sampleRelease } from "../sample-release.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

export function describeFleets(site: Site): void {
  describe("fleets", () => {
    test("a fleet is kept as it was made", async () => {
      expect(await site.store.getFleet(SITE)).toEqual({
        id: expect.any(Number),
        slug: SITE,
        class: "app",
        registry: "127.0.0.1:5000/site",
        isPublic: false,
        createdAt: NOW.toISOString(),
        pin: null,
        target: null,
        generation: expect.any(Number),
      })
      await site.store.createFleet({ slug: "acme/dock" }, at)
      expect(await site.store.getFleet("acme/dock")).toMatchObject({ class: "fleet", registry: null })
    })

    test("fleets are listed in order of their slugs", async () => {
      await site.store.createFleet({ slug: "acme/dock", class: "block" }, at)
      expect((await site.store.listFleets()).map((fleet) => fleet.slug)).toEqual(["acme/dock", EDGE, SITE])
    })

    test("a fleet is made once", async () => {
      await refused("FLEET_EXISTS", /there is a fleet acme\/edge already/, () =>
        site.store.createFleet({ slug: EDGE, class: "block" }, at),
      )
      expect(await site.store.getFleet(EDGE)).toMatchObject({ class: "fleet" })
    })

    test("a fleet whose registry is none is not made", async () => {
      await expect(
        site.store.createFleet({ slug: "acme/dock", registry: "http://x" }, at),
      ).rejects.toMatchObject({
        code: "INVALID_REFERENCE",
      })
      expect(await site.store.listFleets()).toHaveLength(2)
    })

    test("a fleet without releases is removed, its organization goes on", async () => {
      await site.store.removeFleet(EDGE, at)
      expect((await site.store.listFleets()).map((fleet) => fleet.slug)).toEqual([SITE])
      await site.store.createFleet({ slug: EDGE, registry: "127.0.0.1:5000/site" }, at)
    })

    test("a fleet with releases is removed only when they may go with it", async () => {
      await site.record("a")
      await site.store.recordRelease(SITE, sampleRelease("a"), at)
      await refused("FLEET_HAS_RELEASES", /acme\/edge has 1 release/, () => site.store.removeFleet(EDGE, at))
      expect(await site.latest()).toBeDefined()
      await site.store.removeFleet(EDGE, { ...at, withReleases: true })
      expect(
        (await site.store.findReleases({ commit: sampleRelease("a").commit })).map((r) => r.fleet),
      ).toEqual([SITE])
    })

    test("a fleet is public from when that is said, at its making or later, until it is taken back", async () => {
      expect(await site.store.getFleet(EDGE)).toMatchObject({ isPublic: false })
      const made = await site.store.createFleet({ slug: "acme/dock", isPublic: true }, at)
      expect(made).toMatchObject({ isPublic: true })
      expect(await site.store.getFleet("acme/dock")).toEqual(made)
      expect(await site.history("acme/dock")).toEqual(["fleet.create", "fleet.publish"])

      const before = await site.store.getFleet(EDGE)
      expect(await site.store.setPublic(EDGE, true, at)).toEqual({
        ...before,
        isPublic: true,
        generation: before.generation + 1,
      })
      expect((await site.store.setPublic(EDGE, true, at)).generation).toBe(before.generation + 1)
      const marks = async () => (await site.store.listFleets()).map(({ slug, isPublic }) => [slug, isPublic])
      expect(await marks()).toEqual([
        ["acme/dock", true],
        [EDGE, true],
        [SITE, false],
      ])
      const after = { ...before, generation: before.generation + 2 }
      expect(await site.store.setPublic(EDGE, false, at)).toEqual(after)
      expect(await site.store.getFleet(EDGE)).toEqual(after)
    })

    test("a fleet keeps its images elsewhere from when that is said, and devices are told so at once", async () => {
      await site.device(1)
      await site.release("a")
      const before = await site.store.getFleet(EDGE)
      const bound = { ...at, generation: before.generation }
      const moved = await site.store.setRegistry(EDGE, "registry.example/new", bound)
      const generation = before.generation + 1
      expect(moved).toEqual({ ...before, registry: "registry.example/new", generation })
      expect(await site.store.getFleet(EDGE)).toEqual(moved)
      expect(await site.store.getTarget(uuidOf(1))).toMatchObject({ registry: "registry.example/new" })
      expect(await site.store.setRegistry(EDGE, "registry.example/new", at)).toEqual(moved)
      await refused("POLICY_CHANGED", /acme\/edge/, () =>
        site.store.setRegistry(EDGE, "other.example", bound),
      )
      expect(await site.history()).toContain(
        "fleet.set-registry registry:127.0.0.1:5000/site→registry.example/new",
      )
    })

    test("a fleet of the content store does not go to a registry: its images would stay behind", async () => {
      const made = await site.store.createFleet({ slug: "acme/dock" }, at)
      await refused("FLEET_HAS_NO_REGISTRY", /acme\/dock keeps its images in the content store/, () =>
        site.store.setRegistry("acme/dock", "registry.example", at),
      )
      expect(await site.store.getFleet("acme/dock")).toEqual(made)
    })

    test.each(["", "https://registry.example", "registry.example/", "registry.example/UPPER"])(
      "a fleet keeps no images in %j",
      async (registry) => {
        const before = await site.store.getFleet(EDGE)
        await expect(site.store.setRegistry(EDGE, registry, at)).rejects.toMatchObject({
          code: "INVALID_REFERENCE",
        })
        expect(await site.store.getFleet(EDGE)).toEqual(before)
      },
    )

    test("a public fleet stays public under changes of its releases and policy", async () => {
      await site.store.setPublic(EDGE, true, at)
      const { id } = await site.release("a")
      expect((await site.store.pinFleet(EDGE, id, at)).fleet).toMatchObject({ isPublic: true, pin: { id } })
      await site.store.invalidateRelease(id, at)
      expect((await site.store.trackLatest(EDGE, at)).fleet).toMatchObject({ isPublic: true })
    })

    test("a fleet made in the place of a public one is not public", async () => {
      await site.store.setPublic(EDGE, true, at)
      await site.store.removeFleet(EDGE, at)
      expect(await site.store.createFleet({ slug: EDGE, registry: "127.0.0.1:5000/site" }, at)).toMatchObject(
        { isPublic: false },
      )
    })

    test("fleets are listed by organization, page by page", async () => {
      for (const slug of ["acme-2/edge", "acme/dock", "acm/edge"] as const) {
        await site.store.createFleet({ slug, registry: "127.0.0.1:5000/site" }, at)
      }
      const list = async (options?: Parameters<typeof site.store.listFleets>[0]) =>
        (await site.store.listFleets(options)).map((fleet) => fleet.slug)
      expect(await list()).toEqual(["acm/edge", "acme-2/edge", "acme/dock", EDGE, SITE])
      expect(await list({ organization: "acme" })).toEqual(["acme/dock", EDGE])
      expect(await list({ organization: "none" })).toEqual([])
      expect(await list({ limit: 2 })).toEqual(["acm/edge", "acme-2/edge"])
      expect(await list({ limit: 2, after: "acme-2/edge" })).toEqual(["acme/dock", EDGE])
      expect(await list({ after: SITE })).toEqual([])
      expect(await list({ organization: "acme", after: "acme/dock" })).toEqual([EDGE])
    })
  })
}
