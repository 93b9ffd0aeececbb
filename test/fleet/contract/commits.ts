import { describe, expect, test } from "vitest"
import { ReleaseExistsError } from "../../../src/fleet/release.ts"
import { sampleFailure, sampleRelease } from "../sample-release.ts"
import { at, EDGE, refused, SITE, type Site } from "./site.ts"

export function describeCommits(site: Site): void {
  describe("commits", () => {
    test("the same commit with the same content is told apart as already there", async () => {
      const { release: first } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      const again = site.store.recordRelease(EDGE, sampleRelease("a", { note: "again" }), at)
      await expect(again).rejects.toBeInstanceOf(ReleaseExistsError)
      await expect(again).rejects.toMatchObject({ code: "RELEASE_EXISTS", release: first })
      expect(await site.store.listReleases(EDGE)).toHaveLength(1)
    })

    test("that holds whatever revision is asked for", async () => {
      await site.record("a", "1.0.0+rev0")
      await refused("RELEASE_EXISTS", /same content/, () => site.record("a", "1.0.0+rev0"))
    })

    test("the same commit with other content is an error that names both", async () => {
      const first = sampleRelease("a")
      const other = sampleRelease("b", { commit: first.commit })
      await site.store.recordRelease(EDGE, first, at)
      const error = await refused("COMMIT_CONFLICT", /with other content/, () =>
        site.store.recordRelease(EDGE, other, at),
      )
      for (const part of [EDGE, first.commit, first.index.digest, other.index.digest]) {
        expect(error.message).toContain(part)
      }
    })

    test("a draft holds its commit as well", async () => {
      const draft = await site.recordDraft("a")
      await expect(site.store.recordRelease(EDGE, sampleRelease("a"), at)).rejects.toMatchObject({
        code: "RELEASE_EXISTS",
        release: { id: draft.id, revision: null },
      })
      await refused("COMMIT_CONFLICT", /other content/, () =>
        site.store.recordRelease(EDGE, sampleRelease("b", { commit: draft.commit }), at),
      )
    })

    test("an invalidated release holds its commit as well", async () => {
      const {
        release: { id },
      } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      await site.store.invalidateRelease(id, at)
      await refused("RELEASE_EXISTS", /same content/, () => site.record("a"))
    })

    test("failed and cancelled releases may share a commit, with each other and with a success", async () => {
      await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
      await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a", { status: "cancelled" }), at)
      await site.record("a")
      await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
      const found = await site.store.findReleases({ commit: sampleRelease("a").commit })
      expect(found.map((release) => release.status)).toEqual(["failed", "success", "cancelled", "failed"])
    })

    test("another fleet may have the same commit", async () => {
      await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      await site.store.recordRelease(SITE, sampleRelease("a"), at)
      const { commit } = sampleRelease("a")
      expect((await site.store.findReleases({ commit })).map((release) => release.fleet)).toEqual([
        SITE,
        EDGE,
      ])
      expect(
        (await site.store.findReleases({ commit, fleet: EDGE })).map((release) => release.fleet),
      ).toEqual([EDGE])
    })

    test("a commit is looked for in one organization alone, where that is asked for", async () => {
      for (const fleet of [EDGE, SITE] as const) await site.release("a", {}, fleet)
      const { commit } = sampleRelease("a")
      const find = async (organization: string) =>
        (await site.store.findReleases({ commit, organization })).map((release) => release.fleet)
      expect(await find("acme")).toEqual([EDGE])
      expect(await find("site")).toEqual([SITE])
      expect(await find("acm")).toEqual([])
    })

    test("a commit is found by its beginning of 7 digits, in any case", async () => {
      const { commit } = sampleRelease("a")
      await site.record("a")
      await site.record("b")
      const found = await site.store.findReleases({ commit: commit.slice(0, 7).toUpperCase() })
      expect(found.map((release) => release.commit)).toEqual([commit])
      expect(await site.store.findReleases({ commit: "0000000" })).toEqual([])
    })

    test("an ambiguous beginning finds all that it could mean", async () => {
      const commits = ["abcdef00", "abcdef0f", "abcdef1f"]
      for (const commit of commits)
        await site.store.recordRelease(EDGE, sampleRelease(commit, { commit }), at)
      const find = async (commit: string) =>
        (await site.store.findReleases({ commit })).map((release) => release.commit)
      expect(await find("abcdef0")).toEqual(["abcdef0f", "abcdef00"])
      expect(await find("abcdef1")).toEqual(["abcdef1f"])
    })

    test("a whole commit is found alone, though another begins with it", async () => {
      for (const commit of ["abcdef0", "abcdef01"]) {
        await site.store.recordRelease(EDGE, sampleRelease(commit, { commit }), at)
      }
      const found = await site.store.findReleases({ commit: "abcdef0" })
      expect(found.map((release) => release.commit)).toEqual(["abcdef0"])
    })

    test.each(["", "abcdef", "main", "%", "abcdef0%", "_______"])(
      "%j is no beginning of a commit",
      async (commit) => {
        await refused("INVALID_COMMIT", /is not a commit/, () => site.store.findReleases({ commit }))
      },
    )
  })
}
