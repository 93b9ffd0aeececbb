import { describe, expect, test } from "vitest"
import { isFinal } from "../../../src/fleet/release.ts"
import { parseVersion, rawVersion } from "../../../src/fleet/version.ts"
import { sampleRelease } from "../sample-release.ts"
import { at, EDGE, refused, type Site } from "./site.ts"

export function describeDrafts(site: Site): void {
  describe("drafts", () => {
    test("a draft has no revision, is not final and is not counted", async () => {
      const draft = await site.recordDraft("a", "1.0.0")
      expect(draft).toMatchObject({ status: "success", revision: null })
      expect(isFinal(draft)).toBe(false)
      expect(rawVersion(draft)).toBe(`1.0.0-${Date.parse(draft.createdAt)}`)
      expect(await site.record("b", "1.0.0")).toBe("1.0.0")
    })

    test("a draft gets the revision that is next when it is finalized", async () => {
      const draft = await site.recordDraft("a", "1.0.0")
      await site.record("b", "1.0.0")
      const { release: final } = await site.store.finalizeRelease(draft.id, at)
      expect(final).toEqual({ ...draft, revision: 1 })
      expect(isFinal(final)).toBe(true)
      expect(await site.record("c", "1.0.0")).toBe("1.0.0+rev2")
    })

    test("finalizing again changes nothing", async () => {
      const draft = await site.recordDraft("a", "1.0.0")
      const { release: final } = await site.store.finalizeRelease(draft.id, at)
      await site.record("b", "1.0.0")
      expect((await site.store.finalizeRelease(draft.id, at)).release).toEqual(final)
    })

    test("finalizing at once from many sides gives one revision", async () => {
      const draft = await site.recordDraft("a", "1.0.0")
      const finals = await Promise.all(
        Array.from({ length: 10 }, () => site.store.finalizeRelease(draft.id, at)),
      )
      expect(finals.map(({ release }) => release.revision)).toEqual(Array(10).fill(0))
    })

    test("two drafts of one version and moment are refused, as one would take the other's tag", async () => {
      await site.recordDraft("a", "1.0.0")
      await refused("VERSION_CONFLICT", /of commit/, () => site.recordDraft("b", "1.0.0"))
    })

    test("a draft whose final version is taken stays a draft", async () => {
      const { release: draft } = await site.store.recordRelease(
        EDGE,
        sampleRelease("a", { version: parseVersion("1.0.0", "prod"), isDraft: true }),
        at,
      )
      await site.record("b", "1.0.0+prod")
      await refused("VERSION_CONFLICT", /1\.0\.0\+prod/, () => site.store.finalizeRelease(draft.id, at))
      expect(await site.store.getRelease(draft.id)).toEqual(draft)
    })
  })
}
