import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { FleetError, type FleetErrorCode } from "../../src/fleet/fleet-error.ts"
import type { FleetStore } from "../../src/fleet/fleet-store.ts"
import { isFinal, ReleaseExistsError } from "../../src/fleet/release.ts"
import { parseVersion, rawVersion } from "../../src/fleet/version.ts"
import { descriptorOf, sampleFailure, sampleRelease } from "./sample-release.ts"

const NOW = new Date("2026-02-03T04:05:06.789Z")
const at = { now: NOW, actor: "tester" }
const EDGE = "acme/edge"
const SITE = "site/edge"

export interface OpenedStore {
  fleets: FleetStore
  close(): Promise<void>
}

/** What every FleetStore does. `open` gives a store without any fleet; the suite closes it. */
export function describeFleetStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(name, () => {
    let opened: OpenedStore
    let store: FleetStore

    beforeEach(async () => {
      opened = await open()
      store = opened.fleets
      await store.createFleet({ slug: EDGE }, at)
      await store.createFleet({ slug: SITE, class: "app", registry: "127.0.0.1:5000/site" }, at)
    })

    afterEach(() => opened.close())

    /** Records successes of fleet acme/edge, and gives their raw versions. */
    const record = async (seed: string, version?: string, variant?: string) =>
      rawVersion(
        await store.recordRelease(EDGE, sampleRelease(seed, { version: parseVersion(version, variant) }), at),
      )
    const recordDraft = (seed: string, version?: string) =>
      store.recordRelease(EDGE, sampleRelease(seed, { version: parseVersion(version), isDraft: true }), at)
    const latest = async () => (await store.latestRelease(EDGE))?.id

    describe("fleets", () => {
      test("a fleet is kept as it was made", async () => {
        expect(await store.getFleet(SITE)).toEqual({
          id: expect.any(Number),
          slug: SITE,
          class: "app",
          registry: "127.0.0.1:5000/site",
          createdAt: NOW.toISOString(),
          pin: null,
          target: null,
          generation: expect.any(Number),
        })
        expect(await store.getFleet(EDGE)).toMatchObject({ class: "fleet", registry: null })
      })

      test("fleets are listed in order of their slugs", async () => {
        await store.createFleet({ slug: "acme/dock", class: "block" }, at)
        expect((await store.listFleets()).map((fleet) => fleet.slug)).toEqual(["acme/dock", EDGE, SITE])
      })

      test("a fleet is made once", async () => {
        await refused("FLEET_EXISTS", /there is a fleet acme\/edge already/, () =>
          store.createFleet({ slug: EDGE, class: "block" }, at),
        )
        expect(await store.getFleet(EDGE)).toMatchObject({ class: "fleet" })
      })

      test("a fleet whose registry is none is not made", async () => {
        await expect(
          store.createFleet({ slug: "acme/dock", registry: "http://x" }, at),
        ).rejects.toMatchObject({
          code: "INVALID_REFERENCE",
        })
        expect(await store.listFleets()).toHaveLength(2)
      })

      test("a fleet without releases is removed, its organization goes on", async () => {
        await store.removeFleet(EDGE, at)
        expect((await store.listFleets()).map((fleet) => fleet.slug)).toEqual([SITE])
        await store.createFleet({ slug: EDGE }, at)
      })

      test("a fleet with releases is removed only when they may go with it", async () => {
        await record("a")
        await store.recordRelease(SITE, sampleRelease("a"), at)
        await refused("FLEET_HAS_RELEASES", /acme\/edge has 1 release/, () => store.removeFleet(EDGE, at))
        expect(await latest()).toBeDefined()
        await store.removeFleet(EDGE, { ...at, withReleases: true })
        expect((await store.findReleases({ commit: sampleRelease("a").commit })).map((r) => r.fleet)).toEqual(
          [SITE],
        )
      })

      test("a fleet that is not there is named in the error of every method", async () => {
        const missing = "acme/none"
        for (const call of [
          () => store.getFleet(missing),
          () => store.removeFleet(missing, at),
          () => store.recordRelease(missing, sampleRelease("a"), at),
          () => store.recordUnsuccessfulRelease(missing, sampleFailure("a"), at),
          () => store.latestRelease(missing),
          () => store.listReleases(missing),
          () => store.findReleases({ fleet: missing, rawVersion: "1.0.0" }),
          () => store.findReleases({ fleet: missing, commit: "abcdef0" }),
        ]) {
          await refused("FLEET_NOT_FOUND", /acme\/none/, call)
        }
      })
    })

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
        const recorded = await store.recordRelease(EDGE, release, at)
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
        expect(await store.getRelease(recorded.id)).toEqual(recorded)
        expect(await store.latestRelease(EDGE)).toEqual(recorded)
      })

      test("services come in order of their names, each with its own image", async () => {
        const services = ["web", "api", "db"].map((service) => ({ name: service, ...descriptorOf(service) }))
        const { services: found } = await store.recordRelease(EDGE, sampleRelease("a", { services }), at)
        expect(found).toEqual([services[1], services[2], services[0]])
      })

      test("two services of one image stay two", async () => {
        const services = ["api", "web"].map((service) => ({ name: service, ...descriptorOf("shared") }))
        const { services: found } = await store.recordRelease(EDGE, sampleRelease("a", { services }), at)
        expect(found).toEqual(services)
      })

      test("what breaks the limits is refused and leaves nothing", async () => {
        await refused("INVALID_RELEASE", /reserved/, () =>
          store.recordRelease(EDGE, sampleRelease("a", { tags: { "io.balena.x": "" } }), at),
        )
        await refused("INVALID_COMMIT", /"main" is not a commit/, () =>
          store.recordUnsuccessfulRelease(EDGE, sampleFailure("a", { commit: "main" }), at),
        )
        expect(await store.listReleases(EDGE)).toEqual([])
      })

      test("a release that is not there is named in the error of every method", async () => {
        for (const call of [
          () => store.getRelease(4711),
          () => store.finalizeRelease(4711, at),
          () => store.invalidateRelease(4711, at),
          () => store.validateRelease(4711, at),
          () => store.removeRelease(4711, at),
        ]) {
          await refused("RELEASE_NOT_FOUND", /4711/, call)
        }
      })

      test("releases are listed newest first, without their compositions, page by page", async () => {
        const seeds = ["a", "b", "c", "d", "e"]
        for (const seed of seeds) await record(seed)
        const all = await store.listReleases(EDGE)
        expect(all.map((release) => release.revision)).toEqual([4, 3, 2, 1, 0])
        for (const release of all) {
          for (const field of ["composition", "contract", "note", "tags", "services"]) {
            expect(release).not.toHaveProperty(field)
          }
        }
        const pages = []
        let page = await store.listReleases(EDGE, { limit: 2 })
        while (page.length > 0) {
          pages.push(page)
          page = await store.listReleases(EDGE, { limit: 2, before: page.at(-1)?.id })
        }
        expect(pages.map((each) => each.length)).toEqual([2, 2, 1])
        expect(pages.flat()).toEqual(all)
      })

      test("releases of another fleet are not listed", async () => {
        await store.recordRelease(SITE, sampleRelease("a"), at)
        expect(await store.listReleases(EDGE)).toEqual([])
      })

      test("a removed release is gone, with all that belonged to it", async () => {
        const { id } = await store.recordRelease(EDGE, sampleRelease("a", { tags: { a: "b" } }), at)
        await record("b", "2.0.0")
        await store.removeRelease(id, at)
        await refused("RELEASE_NOT_FOUND", new RegExp(String(id)), () => store.getRelease(id))
        expect(await record("a")).toBe("0.0.0")
      })

      test("the id of a removed release is not given again", async () => {
        const first = await store.recordRelease(EDGE, sampleRelease("a", { isDraft: true }), at)
        await store.removeRelease(first.id, at)
        const second = await store.recordRelease(EDGE, sampleRelease("a"), at)
        expect(second.id).toBeGreaterThan(first.id)
      })
    })

    describe("versions and revisions", () => {
      test("the first release of a version has revision 0, the next ones count up", async () => {
        expect(await record("a", "1.0.0")).toBe("1.0.0")
        expect(await record("b", "1.0.0")).toBe("1.0.0+rev1")
        expect(await record("c", "1.0.0")).toBe("1.0.0+rev2")
      })

      test("a release without a version is 0.0.0", async () => {
        expect(await record("a")).toBe("0.0.0")
        expect(await record("b")).toBe("0.0.0+rev1")
      })

      test("v3.0.0 is counted as 3.0.0", async () => {
        expect(await record("a", "3.0.0")).toBe("3.0.0")
        expect(await record("b", "v3.0.0")).toBe("3.0.0+rev1")
      })

      test("build metadata does not begin a new count", async () => {
        expect(await record("a", "2.0.0-beta.1+abc")).toBe("2.0.0-beta.1+abc")
        expect(await record("b", "2.0.0-beta.1+abc")).toBe("2.0.0-beta.1+abc.rev1")
        expect(await record("c", "2.0.0-beta.1+xyz")).toBe("2.0.0-beta.1+xyz.rev2")
        expect(await record("d", "2.0.0-beta.1")).toBe("2.0.0-beta.1+rev3")
      })

      test("another major, minor, patch, prerelease or variant begins a new count", async () => {
        for (const [seed, version, variant, expected] of [
          ["a", "1.0.0", "", "1.0.0"],
          ["b", "2.0.0", "", "2.0.0"],
          ["c", "1.1.0", "", "1.1.0"],
          ["d", "1.0.1", "", "1.0.1"],
          ["e", "1.0.0-a", "", "1.0.0-a"],
          ["f", "1.0.0", "prod", "1.0.0+prod"],
          ["g", "1.0.0", "prod", "1.0.0+rev1.prod"],
          ["h", "1.0.0", "dev", "1.0.0+dev"],
        ] as const) {
          expect(await record(seed, version, variant)).toBe(expected)
        }
      })

      test("each fleet counts for itself", async () => {
        await record("a", "1.0.0")
        const other = await store.recordRelease(
          SITE,
          sampleRelease("a", { version: parseVersion("1.0.0") }),
          at,
        )
        expect(other.revision).toBe(0)
      })

      test("an asked-for revision is granted when it is the next one", async () => {
        expect(await record("a", "1.0.0+rev0")).toBe("1.0.0")
        expect(await record("b", "1.0.0+abc.rev1")).toBe("1.0.0+abc.rev1")
      })

      test("an asked-for revision that is not the next one is refused", async () => {
        await record("a", "1.0.0")
        for (const version of ["1.0.0+rev0", "1.0.0+rev2"]) {
          await refused("REVISION_MISMATCH", /asks for rev[02], but the next revision is 1/, () =>
            record("b", version),
          )
        }
        expect(await record("b", "1.0.0")).toBe("1.0.0+rev1")
      })

      test("a draft cannot ask for a revision", async () => {
        await refused("REVISION_MISMATCH", /asks for rev0, but a draft has no revision/, () =>
          recordDraft("a", "1.0.0+rev0"),
        )
      })

      test("an invalidated release keeps its revision", async () => {
        const first = await store.recordRelease(EDGE, sampleRelease("a"), at)
        await store.invalidateRelease(first.id, at)
        expect((await store.recordRelease(EDGE, sampleRelease("b"), at)).revision).toBe(1)
      })

      test("the greatest revision counts, also with lesser ones removed", async () => {
        const first = await store.recordRelease(EDGE, sampleRelease("a"), at)
        await store.recordRelease(EDGE, sampleRelease("b"), at)
        await store.removeRelease(first.id, at)
        expect((await store.recordRelease(EDGE, sampleRelease("c"), at)).revision).toBe(2)
      })

      test("numbers up to 2^53 - 1 are kept exactly", async () => {
        const greatest = `${Number.MAX_SAFE_INTEGER}.${Number.MAX_SAFE_INTEGER}.${Number.MAX_SAFE_INTEGER}`
        expect(await record("a", greatest)).toBe(greatest)
      })

      test("a raw version names one release: a variant cannot pass for build metadata", async () => {
        expect(await record("a", "1.0.0+prod")).toBe("1.0.0+prod")
        await refused("VERSION_CONFLICT", /version 1\.0\.0\+prod already/, () => record("b", "1.0.0", "prod"))
        expect(await store.listReleases(EDGE)).toHaveLength(1)
      })

      test("parallel recordings of one version get every revision once", async () => {
        const revisions = await Promise.all(
          Array.from(
            { length: 50 },
            async (_, at50) => (await store.recordRelease(EDGE, sampleRelease(`p${at50}`), at)).revision,
          ),
        )
        expect(revisions.toSorted((a, b) => Number(a) - Number(b))).toEqual(
          Array.from({ length: 50 }, (_, i) => i),
        )
      })
    })

    describe("commits", () => {
      test("the same commit with the same content is told apart as already there", async () => {
        const first = await store.recordRelease(EDGE, sampleRelease("a"), at)
        const again = store.recordRelease(EDGE, sampleRelease("a", { note: "again" }), at)
        await expect(again).rejects.toBeInstanceOf(ReleaseExistsError)
        await expect(again).rejects.toMatchObject({ code: "RELEASE_EXISTS", release: first })
        expect(await store.listReleases(EDGE)).toHaveLength(1)
      })

      test("that holds whatever revision is asked for", async () => {
        await record("a", "1.0.0+rev0")
        await refused("RELEASE_EXISTS", /same content/, () => record("a", "1.0.0+rev0"))
      })

      test("the same commit with other content is an error that names both", async () => {
        const first = sampleRelease("a")
        const other = sampleRelease("b", { commit: first.commit })
        await store.recordRelease(EDGE, first, at)
        const error = await refused("COMMIT_CONFLICT", /with other content/, () =>
          store.recordRelease(EDGE, other, at),
        )
        for (const part of [EDGE, first.commit, first.index.digest, other.index.digest]) {
          expect(error.message).toContain(part)
        }
      })

      test("a draft holds its commit as well", async () => {
        const draft = await recordDraft("a")
        await expect(store.recordRelease(EDGE, sampleRelease("a"), at)).rejects.toMatchObject({
          code: "RELEASE_EXISTS",
          release: { id: draft.id, revision: null },
        })
        await refused("COMMIT_CONFLICT", /other content/, () =>
          store.recordRelease(EDGE, sampleRelease("b", { commit: draft.commit }), at),
        )
      })

      test("an invalidated release holds its commit as well", async () => {
        const { id } = await store.recordRelease(EDGE, sampleRelease("a"), at)
        await store.invalidateRelease(id, at)
        await refused("RELEASE_EXISTS", /same content/, () => record("a"))
      })

      test("failed and cancelled releases may share a commit, with each other and with a success", async () => {
        await store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
        await store.recordUnsuccessfulRelease(EDGE, sampleFailure("a", { status: "cancelled" }), at)
        await record("a")
        await store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
        const found = await store.findReleases({ commit: sampleRelease("a").commit })
        expect(found.map((release) => release.status)).toEqual(["failed", "success", "cancelled", "failed"])
      })

      test("another fleet may have the same commit", async () => {
        await store.recordRelease(EDGE, sampleRelease("a"), at)
        await store.recordRelease(SITE, sampleRelease("a"), at)
        const { commit } = sampleRelease("a")
        expect((await store.findReleases({ commit })).map((release) => release.fleet)).toEqual([SITE, EDGE])
        expect((await store.findReleases({ commit, fleet: EDGE })).map((release) => release.fleet)).toEqual([
          EDGE,
        ])
      })

      test("a commit is found by its beginning of 7 digits, in any case", async () => {
        const { commit } = sampleRelease("a")
        await record("a")
        await record("b")
        const found = await store.findReleases({ commit: commit.slice(0, 7).toUpperCase() })
        expect(found.map((release) => release.commit)).toEqual([commit])
        expect(await store.findReleases({ commit: "0000000" })).toEqual([])
      })

      test("an ambiguous beginning finds all that it could mean", async () => {
        const commits = ["abcdef00", "abcdef0f", "abcdef1f"]
        for (const commit of commits) await store.recordRelease(EDGE, sampleRelease(commit, { commit }), at)
        const find = async (commit: string) =>
          (await store.findReleases({ commit })).map((release) => release.commit)
        expect(await find("abcdef0")).toEqual(["abcdef0f", "abcdef00"])
        expect(await find("abcdef1")).toEqual(["abcdef1f"])
      })

      test("a whole commit is found alone, though another begins with it", async () => {
        for (const commit of ["abcdef0", "abcdef01"]) {
          await store.recordRelease(EDGE, sampleRelease(commit, { commit }), at)
        }
        const found = await store.findReleases({ commit: "abcdef0" })
        expect(found.map((release) => release.commit)).toEqual(["abcdef0"])
      })

      test.each(["", "abcdef", "main", "%", "abcdef0%", "_______"])(
        "%j is no beginning of a commit",
        async (commit) => {
          await refused("INVALID_COMMIT", /is not a commit/, () => store.findReleases({ commit }))
        },
      )
    })

    describe("raw versions", () => {
      test("a release is found by the raw version of its fleet", async () => {
        await record("a", "1.0.0")
        await record("b", "1.0.0")
        await store.recordRelease(SITE, sampleRelease("c", { version: parseVersion("1.0.0") }), at)
        const find = async (version: string) =>
          (await store.findReleases({ fleet: EDGE, rawVersion: version })).map((release) => release.commit)
        expect(await find("1.0.0")).toEqual([sampleRelease("a").commit])
        expect(await find("1.0.0+rev1")).toEqual([sampleRelease("b").commit])
        expect(await find("1.0.0+rev2")).toEqual([])
      })

      test("a draft is found by its own, and by its final one once it has that", async () => {
        const draft = await recordDraft("a", "1.0.0")
        const find = async (version: string) =>
          (await store.findReleases({ fleet: EDGE, rawVersion: version })).map((release) => release.id)
        expect(await find(rawVersion(draft))).toEqual([draft.id])
        await store.finalizeRelease(draft.id, at)
        expect(await find(rawVersion(draft))).toEqual([])
        expect(await find("1.0.0")).toEqual([draft.id])
      })
    })

    describe("drafts", () => {
      test("a draft has no revision, is not final and is not counted", async () => {
        const draft = await recordDraft("a", "1.0.0")
        expect(draft).toMatchObject({ status: "success", revision: null })
        expect(isFinal(draft)).toBe(false)
        expect(rawVersion(draft)).toBe(`1.0.0-${Date.parse(draft.createdAt)}`)
        expect(await record("b", "1.0.0")).toBe("1.0.0")
      })

      test("a draft gets the revision that is next when it is finalized", async () => {
        const draft = await recordDraft("a", "1.0.0")
        await record("b", "1.0.0")
        const final = await store.finalizeRelease(draft.id, at)
        expect(final).toEqual({ ...draft, revision: 1 })
        expect(isFinal(final)).toBe(true)
        expect(await record("c", "1.0.0")).toBe("1.0.0+rev2")
      })

      test("finalizing again changes nothing", async () => {
        const draft = await recordDraft("a", "1.0.0")
        const final = await store.finalizeRelease(draft.id, at)
        await record("b", "1.0.0")
        expect(await store.finalizeRelease(draft.id, at)).toEqual(final)
      })

      test("finalizing at once from many sides gives one revision", async () => {
        const draft = await recordDraft("a", "1.0.0")
        const finals = await Promise.all(
          Array.from({ length: 10 }, () => store.finalizeRelease(draft.id, at)),
        )
        expect(finals.map((release) => release.revision)).toEqual(Array(10).fill(0))
      })

      test("two drafts of one version and moment are refused, as one would take the other's tag", async () => {
        await recordDraft("a", "1.0.0")
        await refused("VERSION_CONFLICT", /of commit/, () => recordDraft("b", "1.0.0"))
      })

      test("a draft whose final version is taken stays a draft", async () => {
        const draft = await store.recordRelease(
          EDGE,
          sampleRelease("a", { version: parseVersion("1.0.0", "prod"), isDraft: true }),
          at,
        )
        await record("b", "1.0.0+prod")
        await refused("VERSION_CONFLICT", /1\.0\.0\+prod/, () => store.finalizeRelease(draft.id, at))
        expect(await store.getRelease(draft.id)).toEqual(draft)
      })
    })

    describe("failed and cancelled releases", () => {
      test.each(["failed", "cancelled"] as const)("a %s release is kept with its reason", async (status) => {
        const failure = sampleFailure("a", {
          status,
          failureReason: "no such image",
          tags: { a: "b" },
          note: "n",
        })
        const recorded = await store.recordUnsuccessfulRelease(EDGE, failure, at)
        expect(recorded).toEqual({
          ...failure,
          id: expect.any(Number),
          fleet: EDGE,
          revision: null,
          index: null,
          services: [],
          isInvalidated: false,
          recordedAt: NOW.toISOString(),
        })
        expect(await store.getRelease(recorded.id)).toEqual(recorded)
      })

      test("uses no revision up", async () => {
        await store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
        expect((await store.recordRelease(EDGE, sampleRelease("a"), at)).revision).toBe(0)
      })

      test("is never latest", async () => {
        await store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
        expect(await latest()).toBeUndefined()
      })

      test("cannot be finalized, invalidated or validated", async () => {
        const { id } = await store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
        for (const call of [
          () => store.finalizeRelease(id, at),
          () => store.invalidateRelease(id, at),
          () => store.validateRelease(id, at),
        ]) {
          await refused("RELEASE_NOT_SUCCESSFUL", /acme\/edge .* is failed, not success/, call)
        }
      })

      test("can be removed", async () => {
        const { id } = await store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
        await store.removeRelease(id, at)
        expect(await store.listReleases(EDGE)).toEqual([])
      })
    })

    describe("the latest release", () => {
      test("of a new fleet is none", async () => {
        expect(await latest()).toBeUndefined()
      })

      test("is the newest recorded, whatever its version and times say", async () => {
        await record("a", "2.0.0")
        const newest = await store.recordRelease(
          EDGE,
          sampleRelease("b", { version: parseVersion("1.0.0"), createdAt: "2001-01-01T00:00:00Z" }),
          { ...at, now: new Date("2001-01-01T00:00:00Z") },
        )
        expect(await latest()).toBe(newest.id)
      })

      test("is never a draft", async () => {
        const final = await store.recordRelease(EDGE, sampleRelease("a"), at)
        await recordDraft("b")
        expect(await latest()).toBe(final.id)
      })

      test("is a finalized draft only when nothing newer is there", async () => {
        const draft = await recordDraft("a")
        const newer = await store.recordRelease(EDGE, sampleRelease("b"), at)
        await store.finalizeRelease(draft.id, at)
        expect(await latest()).toBe(newer.id)
        const second = await recordDraft("c")
        await store.finalizeRelease(second.id, at)
        expect(await latest()).toBe(second.id)
      })

      test("falls back to the one before when it is invalidated, and returns when that is taken back", async () => {
        const first = await store.recordRelease(EDGE, sampleRelease("a"), at)
        const second = await store.recordRelease(EDGE, sampleRelease("b"), at)
        expect(await store.invalidateRelease(second.id, at)).toEqual({ ...second, isInvalidated: true })
        expect(await latest()).toBe(first.id)
        expect(await store.validateRelease(second.id, at)).toEqual(second)
        expect(await latest()).toBe(second.id)
      })

      test("is none when all are invalidated", async () => {
        const { id } = await store.recordRelease(EDGE, sampleRelease("a"), at)
        await store.invalidateRelease(id, at)
        expect(await latest()).toBeUndefined()
      })

      test("is each fleet's own", async () => {
        await store.recordRelease(SITE, sampleRelease("a"), at)
        expect(await latest()).toBeUndefined()
      })

      test("invalidating twice and validating twice is the same as once", async () => {
        const { id } = await store.recordRelease(EDGE, sampleRelease("a"), at)
        const invalidated = await store.invalidateRelease(id, at)
        expect(await store.invalidateRelease(id, { ...at, now: new Date(0) })).toEqual(invalidated)
        const valid = await store.validateRelease(id, at)
        expect(await store.validateRelease(id, at)).toEqual(valid)
      })
    })

    test("what is cancelled before it begins changes nothing", async () => {
      const { id } = await store.recordRelease(EDGE, sampleRelease("a"), at)
      const signal = AbortSignal.abort(new Error("stopped"))
      for (const call of [
        () => store.createFleet({ slug: "acme/dock" }, { ...at, signal }),
        () => store.getFleet(EDGE, { signal }),
        () => store.listFleets({ signal }),
        () => store.removeFleet(EDGE, { ...at, withReleases: true, signal }),
        () => store.recordRelease(EDGE, sampleRelease("b"), { ...at, signal }),
        () => store.recordUnsuccessfulRelease(EDGE, sampleFailure("b"), { ...at, signal }),
        () => store.finalizeRelease(id, { ...at, signal }),
        () => store.invalidateRelease(id, { ...at, signal }),
        () => store.validateRelease(id, { ...at, signal }),
        () => store.getRelease(id, { signal }),
        () => store.latestRelease(EDGE, { signal }),
        () => store.listReleases(EDGE, { signal }),
        () => store.findReleases({ commit: "abcdef0" }, { signal }),
        () => store.removeRelease(id, { ...at, signal }),
      ]) {
        await expect(call()).rejects.toThrow("stopped")
      }
      expect(await store.listFleets()).toHaveLength(2)
      expect((await store.listReleases(EDGE)).map((release) => release.id)).toEqual([id])
    })
  })
}

async function refused(
  code: FleetErrorCode,
  message: RegExp,
  call: () => Promise<unknown>,
): Promise<FleetError> {
  const error = await call().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(FleetError)
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  return error as FleetError
}
