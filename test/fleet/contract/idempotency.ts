import { describe, expect, test } from "vitest"
import { parseVersion } from "../../../src/fleet/version.ts"
import { sampleFailure, sampleRelease } from "../sample-release.ts"
import { at, EDGE, refused, SITE, type Site } from "./site.ts"

const once = { ...at, idempotencyKey: "build-17/attempt-1" }

export function describeIdempotency(site: Site): void {
  describe("an idempotency key", () => {
    test("gives the release that was recorded with it, and no second revision", async () => {
      const { release: first } = await site.store.recordRelease(EDGE, sampleRelease("a"), once)
      const history = await site.history()
      expect((await site.store.recordRelease(EDGE, sampleRelease("a"), once)).release).toEqual(first)
      expect(await site.history()).toEqual(history)
      expect((await site.release("b")).revision).toBe(1)
    })

    test("gives it as it is now, also with a revision asked for", async () => {
      const release = sampleRelease("a", { version: parseVersion("1.0.0+rev0") })
      const {
        release: { id },
      } = await site.store.recordRelease(EDGE, release, once)
      const { release: invalidated } = await site.store.invalidateRelease(id, at)
      expect((await site.store.recordRelease(EDGE, release, once)).release).toEqual(invalidated)
    })

    test("of a draft gives the draft, and what became of it", async () => {
      const release = sampleRelease("a", { isDraft: true })
      const { release: draft } = await site.store.recordRelease(EDGE, release, once)
      expect((await site.store.recordRelease(EDGE, release, once)).release).toEqual(draft)
      const { release: final } = await site.store.finalizeRelease(draft.id, at)
      expect((await site.store.recordRelease(EDGE, release, once)).release).toEqual(final)
    })

    test("used for another commit or other content is refused, and changes nothing", async () => {
      const first = sampleRelease("a")
      await site.store.recordRelease(EDGE, first, once)
      for (const other of [sampleRelease("b"), sampleRelease("b", { commit: first.commit })]) {
        await refused("IDEMPOTENCY_KEY_REUSED", new RegExp(first.commit), () =>
          site.store.recordRelease(EDGE, other, once),
        )
      }
      await refused("IDEMPOTENCY_KEY_REUSED", new RegExp(first.commit), () =>
        site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), once),
      )
      expect(await site.store.listReleases(EDGE)).toHaveLength(1)
    })

    test.each([
      ["version", { version: parseVersion("1.2.4") }],
      ["build metadata", { version: parseVersion("1.2.3+other") }],
      ["variant", { version: parseVersion("1.2.3", "prod") }],
      ["note", { note: "another" }],
      ["composition", { composition: { services: {} } }],
    ])("used again with another %s is refused, and changes nothing", async (_, changes) => {
      await site.store.recordRelease(EDGE, sampleRelease("a"), once)
      await refused("IDEMPOTENCY_KEY_REUSED", /another release/, () =>
        site.store.recordRelease(EDGE, sampleRelease("a", changes), once),
      )
      expect(await site.store.listReleases(EDGE)).toHaveLength(1)
    })

    test("of a draft is refused to what is to be final: nobody is told that a draft is that", async () => {
      await site.store.recordRelease(EDGE, sampleRelease("a", { isDraft: true }), once)
      await refused("IDEMPOTENCY_KEY_REUSED", /another release/, () =>
        site.store.recordRelease(EDGE, sampleRelease("a"), once),
      )
    })

    test("makes one of a build that did not succeed as well", async () => {
      const failed = await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), once)
      expect(await site.store.recordUnsuccessfulRelease(EDGE, sampleFailure("a"), once)).toEqual(failed)
      for (const other of [
        sampleFailure("b"),
        sampleFailure("a", { status: "cancelled" }),
        sampleFailure("a", { note: "another" }),
      ]) {
        await refused("IDEMPOTENCY_KEY_REUSED", /another release/, () =>
          site.store.recordUnsuccessfulRelease(EDGE, other, once),
        )
      }
      await refused("IDEMPOTENCY_KEY_REUSED", /another release/, () =>
        site.store.recordRelease(EDGE, sampleRelease("a"), once),
      )
      expect(await site.store.listReleases(EDGE)).toHaveLength(1)
    })

    test("is each fleet's own", async () => {
      await site.store.recordRelease(EDGE, sampleRelease("a"), once)
      const { release: other } = await site.store.recordRelease(SITE, sampleRelease("b"), once)
      expect(other.fleet).toBe(SITE)
    })

    test("of a removed release records anew", async () => {
      const draft = sampleRelease("a", { isDraft: true })
      const { release: first } = await site.store.recordRelease(EDGE, draft, once)
      await site.store.removeRelease(first.id, at)
      expect((await site.store.recordRelease(EDGE, draft, once)).release.id).toBeGreaterThan(first.id)
    })

    test("used twenty times at once gives one release", async () => {
      const releases = await Promise.all(
        Array.from({ length: 20 }, () => site.store.recordRelease(EDGE, sampleRelease("a"), once)),
      )
      expect(new Set(releases.map(({ release }) => release.id)).size).toBe(1)
      expect(await site.store.listReleases(EDGE)).toHaveLength(1)
      expect(await site.history()).toEqual(["fleet.create", "release.create 1.2.3"])
    })

    test.each([
      ["empty", ""],
      ["too long", "x".repeat(256)],
    ])("that is %s is refused", async (_, key) => {
      const options = { ...at, idempotencyKey: key }
      await expect(site.store.recordRelease(EDGE, sampleRelease("a"), options)).rejects.toMatchObject({
        // A server refuses what is no key before it looks at the release.
        code: expect.stringMatching(/^(?:INVALID_RELEASE|REQUEST_REFUSED)$/),
        message: expect.stringMatching(/idempotency.key/),
      })
      expect(await site.store.listReleases(EDGE)).toEqual([])
    })
  })
}
