import { describe, expect, test } from "vitest"
import { parseVersion, rawVersion } from "../../../src/fleet/version.ts"
import { sampleRelease } from "../sample-release.ts"
import { at, EDGE, SITE, type Site } from "./site.ts"

export function describeRawVersions(site: Site): void {
  describe("raw versions", () => {
    test("a release is found by the raw version of its fleet", async () => {
      await site.record("a", "1.0.0")
      await site.record("b", "1.0.0")
      await site.store.recordRelease(SITE, sampleRelease("c", { version: parseVersion("1.0.0") }), at)
      const find = async (version: string) =>
        (await site.store.findReleases({ fleet: EDGE, rawVersion: version })).map((release) => release.commit)
      expect(await find("1.0.0")).toEqual([sampleRelease("a").commit])
      expect(await find("1.0.0+rev1")).toEqual([sampleRelease("b").commit])
      expect(await find("1.0.0+rev2")).toEqual([])
    })

    test("a draft is found by its own, and by its final one once it has that", async () => {
      const draft = await site.recordDraft("a", "1.0.0")
      const find = async (version: string) =>
        (await site.store.findReleases({ fleet: EDGE, rawVersion: version })).map((release) => release.id)
      expect(await find(rawVersion(draft))).toEqual([draft.id])
      await site.store.finalizeRelease(draft.id, at)
      expect(await find(rawVersion(draft))).toEqual([])
      expect(await find("1.0.0")).toEqual([draft.id])
    })
  })
}
