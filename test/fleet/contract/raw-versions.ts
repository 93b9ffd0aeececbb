import { describe, expect, test } from "vitest"
import { parseVersion, rawVersion } from "../../../src/fleet/version.ts"
import { sampleFailure, sampleRelease } from "../sample-release.ts"
import { at, EDGE, SITE, type Site } from "./site.ts"

export function describeRawVersions(site: Site): void {
  describe("the name of a version", () => {
    test("is that of all its revisions, the newest first, and with a revision of one", async () => {
      await site.record("a", "1.0.0")
      await site.record("b", "1.0.0")
      await site.store.recordRelease(SITE, sampleRelease("c", { version: parseVersion("1.0.0") }), at)
      const find = async (version: string) =>
        (await site.store.findReleases({ fleet: EDGE, version })).map((release) => release.commit)
      expect(await find("1.0.0")).toEqual([sampleRelease("b").commit, sampleRelease("a").commit])
      expect(await find("v1.0.0")).toEqual(await find("1.0.0"))
      expect(await find("1.0.0+rev0")).toEqual([sampleRelease("a").commit])
      expect(await find("1.0.0+rev1")).toEqual([sampleRelease("b").commit])
      expect(await find("1.0.0+rev2")).toEqual([])
    })

    test("means the greatest revision, then the newest draft, then the newest failure", async () => {
      const versions = async (name: string, limit?: number) =>
        (await site.store.findReleases({ fleet: EDGE, version: name }, { limit })).map(
          ({ status, revision, id }) => [status, revision, id],
        )
      const record = (seed: string, isDraft = false, day = 1) =>
        site.release(seed, {
          version: parseVersion("1.3.0"),
          isDraft,
          createdAt: `2026-01-0${day}T00:00:00.000Z`,
        })
      const failed = await site.store.recordUnsuccessfulRelease(
        EDGE,
        sampleFailure("f", { version: parseVersion("1.3.0") }),
        at,
      )
      expect(await versions("1.3.0")).toEqual([["failed", null, failed.id]])
      const [one, two] = [await record("a", true, 1), await record("b", true, 2)]
      expect(await versions("1.3.0", 2)).toEqual([
        ["success", null, two.id],
        ["success", null, one.id],
      ])
      const final = await record("c")
      // Later recorded, the draft that is made final has the greater revision, and is older than the third.
      await record("d", true, 3)
      await site.store.finalizeRelease(one.id, at)
      expect(await versions("1.3.0", 2)).toEqual([
        ["success", 1, one.id],
        ["success", 0, final.id],
      ])
      expect((await versions("1.3.0")).map(([, revision]) => revision)).toEqual([1, 0, null, null, null])
    })

    test("without build metadata is that of any, with a variant that of the variant alone", async () => {
      const [plain, built] = [await site.record("a", "1.0.0"), await site.record("b", "1.0.0+abc")]
      const variant = await site.record("c", "1.0.0+x.y", "prod")
      const other = await site.record("d", "1.0.0-beta.1")
      const find = async (version: string) =>
        (await site.store.findReleases({ fleet: EDGE, version })).map(rawVersion)
      expect([plain, built, variant]).toEqual(["1.0.0", "1.0.0+abc.rev1", "1.0.0+x.y.prod"])
      expect(await find("1.0.0")).toEqual([built, plain])
      expect(await find("1.0.0+abc")).toEqual([built])
      expect(await find("1.0.0+abc.rev1")).toEqual([built])
      expect(await find("1.0.0+abc.rev0")).toEqual([])
      expect(await find("1.0.0+x.y.prod")).toEqual([variant])
      expect(await find("1.0.0+x.y.rev0.prod")).toEqual([variant])
      expect(await find("1.0.0+prod")).toEqual([])
      expect(await find("1.0.0-beta.1")).toEqual([other])
      expect(await find("1.0.0-beta")).toEqual([])
    })

    test.each(["", "1.0", "latest", "1.0.0 ", "%", "1.0.0+rev01", "99999999999999999999.0.0"])(
      "is not %j",
      async (version) => {
        await site.record("a", "1.0.0")
        await site.record("b", "1.0.0")
        expect(await site.store.findReleases({ fleet: EDGE, version })).toEqual([])
      },
    )

    test("of a draft is its own, and its final one once it has that", async () => {
      const draft = await site.recordDraft("a", "1.0.0")
      const find = async (version: string) =>
        (await site.store.findReleases({ fleet: EDGE, version })).map((release) => release.id)
      expect(await find(rawVersion(draft))).toEqual([draft.id])
      await site.store.finalizeRelease(draft.id, at)
      expect(await find(rawVersion(draft))).toEqual([])
      expect(await find("1.0.0")).toEqual([draft.id])
    })
  })
}
