import { describe, expect, test } from "vitest"
import { parseVersion, rawVersion } from "../../../src/fleet/version.ts"
import { descriptorOf, sampleFailure, sampleRelease } from "../sample-release.ts"
import { at, EDGE, NOW, refused, SITE, type Site } from "./site.ts"

export function describeReleases(site: Site): void {
  describe("releases", () => {
    test("a release comes back as it was recorded", async () => {
      const release = sampleRelease("a", {
        version: parseVersion("1.2.3-beta.1+abc", "prod"),
        createdAt: "2025-12-31T23:59:59Z",
        composition: { services: {}, "x-π": [1, 2.5, 1e300, null, true, "\u0000"] },
        contract: { type: "sw.application" },
        note: "first\nof many – 🚢",
        tags: { "git.branch": "main", ["__proto__"]: "kept", empty: "" },
      })
      const { release: recorded } = await site.store.recordRelease(EDGE, release, at)
      const { isDraft: _, ...expected } = release
      expect(recorded).toEqual({
        ...expected,
        id: expect.any(Number),
        fleet: EDGE,
        revision: 0,
        status: "success",
        failureReason: null,
        isInvalidated: false,
        recordedAt: NOW.toISOString(),
      })
      expect(Object.entries(recorded.tags)).toContainEqual(["__proto__", "kept"])
      expect(rawVersion(recorded)).toBe("1.2.3-beta.1+abc.prod")
      expect(await site.store.getRelease(recorded.id)).toEqual(recorded)
      expect(await site.store.latestRelease(EDGE)).toEqual(recorded)
    })

    test("services come in order of their names, each with its own image", async () => {
      const services = ["web", "api", "db"].map((service) => ({ name: service, ...descriptorOf(service) }))
      const {
        release: { services: found },
      } = await site.store.recordRelease(EDGE, sampleRelease("a", { services }), at)
      expect(found).toEqual([services[1], services[2], services[0]])
    })

    test("two services of one image stay two", async () => {
      const services = ["api", "web"].map((service) => ({ name: service, ...descriptorOf("shared") }))
      const {
        release: { services: found },
      } = await site.store.recordRelease(EDGE, sampleRelease("a", { services }), at)
      expect(found).toEqual(services)
    })

    test("what breaks the limits is refused and leaves nothing", async () => {
      await refused("INVALID_RELEASE", /reserved/, () =>
        site.store.recordRelease(EDGE, sampleRelease("a", { tags: { "io.balena.x": "" } }), at),
      )
      await refused("INVALID_COMMIT", /"main" is not a commit/, () =>
        site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a", { commit: "main" }), at),
      )
      expect(await site.store.listReleases(EDGE)).toEqual([])
    })

    test("releases are listed newest first, without their compositions, page by page", async () => {
      const seeds = ["a", "b", "c", "d", "e"]
      for (const seed of seeds) await site.record(seed)
      const all = await site.store.listReleases(EDGE)
      expect(all.map((release) => release.revision)).toEqual([4, 3, 2, 1, 0])
      for (const release of all) {
        for (const field of ["composition", "contract", "note", "tags", "services"]) {
          expect(release).not.toHaveProperty(field)
        }
      }
      const pages = []
      let page = await site.store.listReleases(EDGE, { limit: 2 })
      while (page.length > 0) {
        pages.push(page)
        page = await site.store.listReleases(EDGE, { limit: 2, before: page.at(-1)?.id })
      }
      expect(pages.map((each) => each.length)).toEqual([2, 2, 1])
      expect(pages.flat()).toEqual(all)
    })

    test("releases of another fleet are not listed", async () => {
      await site.store.recordRelease(SITE, sampleRelease("a"), at)
      expect(await site.store.listReleases(EDGE)).toEqual([])
    })

    test("a removed release is gone, with all that belonged to it", async () => {
      const {
        release: { id },
      } = await site.store.recordRelease(EDGE, sampleRelease("a", { tags: { a: "b" } }), at)
      await site.record("b", "2.0.0")
      await site.store.removeRelease(id, at)
      await refused("RELEASE_NOT_FOUND", new RegExp(String(id)), () => site.store.getRelease(id))
      expect(await site.record("a")).toBe("0.0.0")
    })

    test("the id of a removed release is not given again", async () => {
      const { release: first } = await site.store.recordRelease(
        EDGE,
        sampleRelease("a", { isDraft: true }),
        at,
      )
      await site.store.removeRelease(first.id, at)
      const { release: second } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      expect(second.id).toBeGreaterThan(first.id)
    })

    test("a release whose content went to another registry is not recorded, and is where it went there", async () => {
      const { registry } = await site.store.getFleet(EDGE)
      await site.store.setRegistry(EDGE, "registry.example/new", at)
      const before = await site.history()
      await refused(
        "POLICY_CHANGED",
        /in registry\.example\/new, and this release has gone to 127\.0\.0\.1/,
        () => site.store.recordRelease(EDGE, sampleRelease("a"), { ...at, registry }),
      )
      expect(await site.store.listReleases(EDGE)).toEqual([])
      expect(await site.history()).toEqual(before)
      const bound = { ...at, registry: "registry.example/new" }
      const { release } = await site.store.recordRelease(EDGE, sampleRelease("a"), bound)
      expect(await site.latest()).toBe(release.id)
    })

    test("a version that nobody chose is not recorded beside a greater one, which may have come meanwhile", async () => {
      const unchosen = { ...at, isVersionUnchosen: true }
      const { release } = await site.store.recordRelease(
        EDGE,
        sampleRelease("a", { version: parseVersion() }),
        unchosen,
      )
      await site.record("b", "1.0.0")
      const error = await refused(
        "VERSION_REQUIRED",
        /acme\/edge has 1\.0\.0 as its latest: a release beside it/,
        () => site.store.recordRelease(EDGE, sampleRelease("c", { version: parseVersion() }), unchosen),
      )
      expect(error.hint).toBe("the next patch is --version 1.0.1")
      const again = site.store.recordRelease(EDGE, sampleRelease("a", { version: parseVersion() }), unchosen)
      await expect(again).rejects.toMatchObject({ code: "RELEASE_EXISTS", release: { id: release.id } })
      expect(await site.store.listReleases(EDGE)).toHaveLength(2)
    })
  })
}
