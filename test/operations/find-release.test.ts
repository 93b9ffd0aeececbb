import { describe, expect, onTestFinished, test } from "vitest"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import type { Context } from "../../src/operations/context.ts"
import {
  findRelease,
  findSuccessfulRelease,
  onlyName,
  parseReleaseSelector,
} from "../../src/operations/find-release.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleFailure, sampleRelease } from "../fleet/sample-release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const NOW = { now: new Date("2026-01-01T00:00:00Z"), actor: "tester" }

async function homeWith(...fleets: FleetSlug[]): Promise<Context> {
  const context = await openHome({ path: await temporaryFolder(), clock: systemClock, actor: "tester" })
  onTestFinished(() => context.close())
  for (const slug of fleets) await context.fleets.createFleet({ slug, registry: "registry.example" }, NOW)
  return context
}

const ONE = "1111111000000000000000000000000000000000"
const TWO = "1111111222222222222222222222222222222222"

test("what holds a slash names a fleet, all else a commit", () => {
  expect(parseReleaseSelector("Acme/Edge")).toEqual({ fleet: "acme/edge", version: undefined })
  expect(parseReleaseSelector("acme/edge", "1.2.3")).toEqual({ fleet: "acme/edge", version: "1.2.3" })
  expect(parseReleaseSelector("C0FFEE0")).toEqual({ commit: "c0ffee0" })
  expect(() => parseReleaseSelector("c0ffee0", "1.2.3")).toThrow('"c0ffee0" is no fleet')
  expect(() => parseReleaseSelector("edge")).toThrow('"edge" is neither a fleet nor a commit')
  expect(() => parseReleaseSelector("acme/edge/x")).toThrow("is not a fleet")
})

test.each([
  ["acme/edge@1.2.3", undefined, undefined],
  ["acme/edge", "1.2.3", undefined],
  ["acme/edge", undefined, "1.2.3"],
  ["Acme/edge@1.2.3", "v1.2.3", "1.2.3"],
])("%s, %s and --version %s name one release", (name, behind, flag) => {
  expect(parseReleaseSelector(name, behind, flag)).toEqual({ fleet: "acme/edge", version: "1.2.3" })
})

test.each([
  ["acme/edge@1.2.3", "1.2.4", undefined, "1.2.3 and 1.2.4"],
  ["acme/edge@1.2.3", undefined, "1.2.3+rev1", "1.2.3 and 1.2.3+rev1"],
  ["acme/edge", "1.2.3", "c0ffee0", "1.2.3 and c0ffee0"],
  ["acme/edge@1.2.3-RC1", "1.2.3-rc1", undefined, "1.2.3-RC1 and 1.2.3-rc1"],
])("%s, %s and --version %s are two releases, and refused", (name, behind, flag, both) => {
  expect(() => parseReleaseSelector(name, behind, flag)).toThrow(
    expect.objectContaining({
      code: "RELEASE_NAMED_TWICE",
      message: `two releases are named at once: ${both}`,
    }),
  )
})

test("a commit in capitals and one in lower case are the same", () => {
  expect(onlyName("c0ffee0", undefined, "C0FFEE0")).toBe("C0FFEE0")
})

test.each([["acme/edge@"], ["acme/edge", ""]])("%j %j names no release", (...words) => {
  const [name = "", version] = words
  expect(() => parseReleaseSelector(name, version)).toThrow(
    expect.objectContaining({ code: "RELEASE_NOT_FOUND", message: "the name of a release is empty" }),
  )
})

describe("a release is found", () => {
  test("by its commit, or the beginning of it that is no other's", async () => {
    const context = await homeWith("acme/edge")
    await context.fleets.recordRelease("acme/edge", sampleRelease("one", { commit: ONE }), NOW)
    await context.fleets.recordRelease("acme/edge", sampleRelease("two", { commit: TWO }), NOW)
    expect(await findRelease(context, { commit: ONE })).toMatchObject({ commit: ONE })
    expect(await findRelease(context, { commit: ONE.slice(0, 8) })).toMatchObject({ commit: ONE })
    await expect(findRelease(context, { commit: ONE.slice(0, 7) })).rejects.toThrow(
      expect.objectContaining({
        code: "AMBIGUOUS_RELEASE",
        message: `1111111 names 2 releases: acme/edge 1.2.3+rev1 (${TWO}), acme/edge 1.2.3 (${ONE})`,
        hint: "name the fleet and the version: acme/edge@1.2.3+rev1 or acme/edge@1.2.3+rev0",
      }),
    )
    await expect(findRelease(context, { commit: "2222222" })).rejects.toThrow(
      expect.objectContaining({ code: "RELEASE_NOT_FOUND" }),
    )
  })

  test("by its exact commit, though a longer one begins alike", async () => {
    const context = await homeWith("acme/edge")
    await context.fleets.recordRelease("acme/edge", sampleRelease("one", { commit: ONE }), NOW)
    await context.fleets.recordRelease("acme/edge", sampleRelease("short", { commit: "11111110" }), NOW)
    expect(await findRelease(context, { commit: "11111110" })).toMatchObject({ commit: "11111110" })
  })

  test("by its fleet and version, as lists print it or with a v, and by the fleet alone as its latest", async () => {
    const context = await homeWith("acme/edge")
    for (const seed of ["one", "two"])
      await context.fleets.recordRelease("acme/edge", sampleRelease(seed), NOW)
    await context.fleets.recordRelease("acme/edge", sampleRelease("draft", { isDraft: true }), NOW)
    const find = (version?: string) => findRelease(context, { fleet: "acme/edge", version })
    expect(await find("1.2.3")).toMatchObject({ revision: 1 })
    expect(await find("1.2.3+rev0")).toMatchObject({ revision: 0 })
    expect(await find("v1.2.3+rev1")).toMatchObject({ revision: 1 })
    expect(await find(`1.2.3-${Date.parse("2026-01-01T00:00:00.000Z")}`)).toMatchObject({ revision: null })
    expect(await find()).toMatchObject({ revision: 1 })
    await expect(find("1.2.4")).rejects.toThrow(
      expect.objectContaining({ code: "RELEASE_NOT_FOUND", message: "acme/edge has no release 1.2.4" }),
    )
  })

  test("by its fleet and commit, or the beginning of it, and not in another fleet", async () => {
    const context = await homeWith("acme/edge", "site/edge")
    await context.fleets.recordRelease("acme/edge", sampleRelease("one", { commit: ONE }), NOW)
    await context.fleets.recordRelease("site/edge", sampleRelease("two", { commit: TWO }), NOW)
    const find = (version: string) => findRelease(context, { fleet: "acme/edge", version })
    expect(await find(ONE.toUpperCase())).toMatchObject({ commit: ONE })
    // In the fleet that is named, that is no other's.
    expect(await find(ONE.slice(0, 7))).toMatchObject({ commit: ONE })
    await expect(find(TWO)).rejects.toThrow(
      expect.objectContaining({
        code: "RELEASE_OF_OTHER_FLEET",
        message: `acme/edge has no release of commit ${TWO}: it is a release of site/edge`,
      }),
    )
    await expect(find("2222222")).rejects.toThrow(
      expect.objectContaining({ code: "RELEASE_NOT_FOUND", message: "no release has the commit 2222222" }),
    )
  })

  test("as a draft by its version, where there is no final one", async () => {
    const context = await homeWith("acme/edge")
    const { release } = await context.fleets.recordRelease(
      "acme/edge",
      sampleRelease("draft", { isDraft: true }),
      NOW,
    )
    const find = () => findRelease(context, { fleet: "acme/edge", version: "1.2.3" })
    expect(await find()).toMatchObject({ id: release.id, revision: null })
    await context.fleets.recordRelease("acme/edge", sampleRelease("final"), NOW)
    expect(await find()).toMatchObject({ revision: 0 })
  })

  test("not in a fleet that is not there, nor in one that has only failures and drafts", async () => {
    const context = await homeWith("acme/edge")
    await context.fleets.recordUnsuccessfulRelease("acme/edge", sampleFailure("one"), NOW)
    await context.fleets.recordRelease("acme/edge", sampleRelease("draft", { isDraft: true }), NOW)
    await expect(findRelease(context, { fleet: "acme/edge" })).rejects.toThrow(
      "acme/edge has no final, valid release",
    )
    await expect(findRelease(context, { fleet: "site/edge" })).rejects.toThrow(
      expect.objectContaining({ code: "FLEET_NOT_FOUND" }),
    )
  })
})

describe("a commit that was built more than once", () => {
  test("means the success among its failures", async () => {
    const context = await homeWith("acme/edge", "site/edge")
    await context.fleets.recordUnsuccessfulRelease("acme/edge", sampleFailure("x", { commit: ONE }), NOW)
    await context.fleets.recordRelease("acme/edge", sampleRelease("x", { commit: ONE }), NOW)
    await context.fleets.recordUnsuccessfulRelease("acme/edge", sampleFailure("x", { commit: ONE }), NOW)
    await context.fleets.recordUnsuccessfulRelease("site/edge", sampleFailure("x", { commit: ONE }), NOW)
    expect(await findSuccessfulRelease(context, { commit: ONE })).toMatchObject({
      fleet: "acme/edge",
      status: "success",
    })
  })

  test("means the newest failure where there is no success, and that cannot be used, for its reason", async () => {
    const context = await homeWith("acme/edge")
    const fail = (failureReason: string) =>
      context.fleets.recordUnsuccessfulRelease(
        "acme/edge",
        sampleFailure("x", { commit: ONE, failureReason }),
        NOW,
      )
    await fail("the registry was gone")
    await fail("the image was gone")
    expect(await findRelease(context, { commit: ONE })).toMatchObject({
      failureReason: "the image was gone",
    })
    await expect(findSuccessfulRelease(context, { commit: ONE })).rejects.toThrow(
      expect.objectContaining({
        code: "RELEASE_NOT_SUCCESSFUL",
        message: expect.stringMatching(/of acme\/edge is failed: the image was gone$/),
      }),
    )
  })
})
