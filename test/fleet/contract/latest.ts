import { describe, expect, test } from "vitest"
import { parseVersion } from "../../../src/fleet/version.ts"
import { sampleRelease } from "../sample-release.ts"
import { at, EDGE, SITE, type Site } from "./site.ts"

export function describeLatest(site: Site): void {
  describe("the latest release", () => {
    test("of a new fleet is none", async () => {
      expect(await site.latest()).toBeUndefined()
    })

    test("is the newest recorded, whatever its version and times say", async () => {
      await site.record("a", "2.0.0")
      const { release: newest } = await site.store.recordRelease(
        EDGE,
        sampleRelease("b", { version: parseVersion("1.0.0"), createdAt: "2001-01-01T00:00:00Z" }),
        { ...at, now: new Date("2001-01-01T00:00:00Z") },
      )
      expect(await site.latest()).toBe(newest.id)
    })

    test("is never a draft", async () => {
      const { release: final } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      await site.recordDraft("b")
      expect(await site.latest()).toBe(final.id)
    })

    test("is a finalized draft only when nothing newer is there", async () => {
      const draft = await site.recordDraft("a")
      const { release: newer } = await site.store.recordRelease(EDGE, sampleRelease("b"), at)
      await site.store.finalizeRelease(draft.id, at)
      expect(await site.latest()).toBe(newer.id)
      const second = await site.recordDraft("c")
      await site.store.finalizeRelease(second.id, at)
      expect(await site.latest()).toBe(second.id)
    })

    test("falls back to the one before when it is invalidated, and returns when that is taken back", async () => {
      const { release: first } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      const { release: second } = await site.store.recordRelease(EDGE, sampleRelease("b"), at)
      expect((await site.store.invalidateRelease(second.id, at)).release).toEqual({
        ...second,
        isInvalidated: true,
      })
      expect(await site.latest()).toBe(first.id)
      expect((await site.store.validateRelease(second.id, at)).release).toEqual(second)
      expect(await site.latest()).toBe(second.id)
    })

    test("is none when all are invalidated", async () => {
      const {
        release: { id },
      } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      await site.store.invalidateRelease(id, at)
      expect(await site.latest()).toBeUndefined()
    })

    test("is each fleet's own", async () => {
      await site.store.recordRelease(SITE, sampleRelease("a"), at)
      expect(await site.latest()).toBeUndefined()
    })

    test("invalidating twice and validating twice is the same as once", async () => {
      const {
        release: { id },
      } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      const { release: invalidated } = await site.store.invalidateRelease(id, at)
      expect((await site.store.invalidateRelease(id, { ...at, now: new Date(0) })).release).toEqual(
        invalidated,
      )
      const { release: valid } = await site.store.validateRelease(id, at)
      expect((await site.store.validateRelease(id, at)).release).toEqual(valid)
    })
  })
}
