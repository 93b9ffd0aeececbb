import { describe, expect, test } from "vitest"
import { parseVersion } from "../../../src/fleet/version.ts"
import { sampleRelease } from "../sample-release.ts"
import { at, EDGE, refused, SITE, type Site } from "./site.ts"

export function describeVersions(site: Site): void {
  describe("versions and revisions", () => {
    test("the first release of a version has revision 0, the next ones count up", async () => {
      expect(await site.record("a", "1.0.0")).toBe("1.0.0")
      expect(await site.record("b", "1.0.0")).toBe("1.0.0+rev1")
      expect(await site.record("c", "1.0.0")).toBe("1.0.0+rev2")
    })

    test("a release without a version is 0.0.0", async () => {
      expect(await site.record("a")).toBe("0.0.0")
      expect(await site.record("b")).toBe("0.0.0+rev1")
    })

    test("v3.0.0 is counted as 3.0.0", async () => {
      expect(await site.record("a", "3.0.0")).toBe("3.0.0")
      expect(await site.record("b", "v3.0.0")).toBe("3.0.0+rev1")
    })

    test("build metadata does not begin a new count", async () => {
      expect(await site.record("a", "2.0.0-beta.1+abc")).toBe("2.0.0-beta.1+abc")
      expect(await site.record("b", "2.0.0-beta.1+abc")).toBe("2.0.0-beta.1+abc.rev1")
      expect(await site.record("c", "2.0.0-beta.1+xyz")).toBe("2.0.0-beta.1+xyz.rev2")
      expect(await site.record("d", "2.0.0-beta.1")).toBe("2.0.0-beta.1+rev3")
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
        expect(await site.record(seed, version, variant)).toBe(expected)
      }
    })

    test("each fleet counts for itself", async () => {
      await site.record("a", "1.0.0")
      const { release: other } = await site.store.recordRelease(
        SITE,
        sampleRelease("a", { version: parseVersion("1.0.0") }),
        at,
      )
      expect(other.revision).toBe(0)
    })

    test("an asked-for revision is granted when it is the next one", async () => {
      expect(await site.record("a", "1.0.0+rev0")).toBe("1.0.0")
      expect(await site.record("b", "1.0.0+abc.rev1")).toBe("1.0.0+abc.rev1")
    })

    test("an asked-for revision that is not the next one is refused", async () => {
      await site.record("a", "1.0.0")
      for (const version of ["1.0.0+rev0", "1.0.0+rev2"]) {
        await refused("REVISION_MISMATCH", /asks for rev[02], but the next revision is 1/, () =>
          site.record("b", version),
        )
      }
      expect(await site.record("b", "1.0.0")).toBe("1.0.0+rev1")
    })

    test("a draft cannot ask for a revision", async () => {
      await refused("REVISION_MISMATCH", /asks for rev0, but a draft has no revision/, () =>
        site.recordDraft("a", "1.0.0+rev0"),
      )
    })

    test("an invalidated release keeps its revision", async () => {
      const { release: first } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      await site.store.invalidateRelease(first.id, at)
      expect((await site.store.recordRelease(EDGE, sampleRelease("b"), at)).release.revision).toBe(1)
    })

    test("the greatest revision counts, also with lesser ones removed", async () => {
      const { release: first } = await site.store.recordRelease(EDGE, sampleRelease("a"), at)
      await site.store.recordRelease(EDGE, sampleRelease("b"), at)
      await site.store.removeRelease(first.id, at)
      expect((await site.store.recordRelease(EDGE, sampleRelease("c"), at)).release.revision).toBe(2)
    })

    test("numbers up to 2^53 - 1 are kept exactly", async () => {
      const greatest = `${Number.MAX_SAFE_INTEGER}.${Number.MAX_SAFE_INTEGER}.${Number.MAX_SAFE_INTEGER}`
      expect(await site.record("a", greatest)).toBe(greatest)
    })

    test("a raw version names one release: a variant cannot pass for build metadata", async () => {
      expect(await site.record("a", "1.0.0+prod")).toBe("1.0.0+prod")
      await refused("VERSION_CONFLICT", /version 1\.0\.0\+prod already/, () =>
        site.record("b", "1.0.0", "prod"),
      )
      expect(await site.store.listReleases(EDGE)).toHaveLength(1)
    })

    test("parallel recordings of one version get every revision once", async () => {
      const revisions = await Promise.all(
        Array.from(
          { length: 50 },
          async (_, at50) =>
            (await site.store.recordRelease(EDGE, sampleRelease(`p${at50}`), at)).release.revision,
        ),
      )
      expect(revisions.toSorted((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 50 }, (_, i) => i),
      )
    })
  })
}
