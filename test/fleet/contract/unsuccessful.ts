import { describe, expect, test } from "vitest"
import { sampleFailure, sampleRelease } from "../sample-release.ts"
import { at, EDGE, NOW, refused, type Site } from "./site.ts"

export function describeUnsuccessful(site: Site): void {
  describe("failed and cancelled releases", () => {
    test.each(["failed", "cancelled"] as const)("a %s release is kept with its reason", async (status) => {
      const failure = sampleFailure("a", {
        status,
        failureReason: "no such image",
        tags: { a: "b" },
        note: "n",
      })
      const recorded = await site.store.recordUnsuccessfulRelease(EDGE, failure, at)
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
      expect(await site.store.getRelease(recorded.id)).toEqual(recorded)
    })

    test("uses no revision up", async () => {
      await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
      expect((await site.store.recordRelease(EDGE, sampleRelease("a"), at)).release.revision).toBe(0)
    })

    test("are listed alone where their status is asked for, page by page", async () => {
      for (const name of ["a", "b", "c"]) {
        await site.store.recordRelease(EDGE, sampleRelease(name), at)
        await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure(name), at)
      }
      const all = await site.store.listReleases(EDGE)
      const failed = all.filter(({ status }) => status === "failed")
      expect(failed).toHaveLength(3)
      expect(await site.store.listReleases(EDGE, { status: "failed" })).toEqual(failed)
      const page = { status: "failed", limit: 2 } as const
      expect(await site.store.listReleases(EDGE, page)).toEqual(failed.slice(0, 2))
      const before = failed[1]?.id
      expect(await site.store.listReleases(EDGE, { ...page, before })).toEqual(failed.slice(2))
      expect(await site.store.listReleases(EDGE, { status: "cancelled" })).toEqual([])
    })

    test("is never latest", async () => {
      await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
      expect(await site.latest()).toBeUndefined()
    })

    test("cannot be finalized, invalidated or validated", async () => {
      const { id } = await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
      for (const call of [
        () => site.store.finalizeRelease(id, at),
        () => site.store.invalidateRelease(id, at),
        () => site.store.validateRelease(id, at),
      ]) {
        await refused("RELEASE_NOT_SUCCESSFUL", /acme\/edge .* is failed, not success/, call)
      }
    })

    test("can be removed", async () => {
      const { id } = await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), at)
      await site.store.removeRelease(id, at)
      expect(await site.store.listReleases(EDGE)).toEqual([])
    })
  })
}
