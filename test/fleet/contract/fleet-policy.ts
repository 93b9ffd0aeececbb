import { describe, expect, test } from "vitest"
import type { FleetErrorCode } from "../../../src/fleet/fleet-error.ts"
import { at, EDGE, refused, SITE, type Site } from "./site.ts"

export function describeFleetPolicy(site: Site): void {
  describe("the policy of a fleet", () => {
    test("tracks the latest release, of which a new fleet has none", async () => {
      expect(await site.store.getFleet(EDGE)).toMatchObject({ pin: null, target: null })
      const first = await site.release("a")
      expect(await site.target()).toBe(first.id)
      const second = await site.release("b")
      expect(await site.target()).toBe(second.id)
      expect(await site.target(SITE)).toBeUndefined()
    })

    test("is not moved by drafts, failures and cancelled builds", async () => {
      const { id } = await site.release("a")
      await site.recordDraft("b")
      await site.failure("c")
      await site.failure("d", "cancelled")
      expect(await site.target()).toBe(id)
    })

    test("moves to a draft when that is made final and is the newest", async () => {
      const older = await site.recordDraft("a", "1.0.0")
      const { id } = await site.release("b")
      await site.store.finalizeRelease(older.id, at)
      expect(await site.target()).toBe(id)
      const newer = await site.recordDraft("c", "2.0.0")
      await site.store.finalizeRelease(newer.id, at)
      expect(await site.target()).toBe(newer.id)
    })

    test("pinned, stays on its release whatever is recorded, and names it", async () => {
      const first = await site.release("a")
      await site.release("b")
      const { fleet } = await site.store.pinFleet(EDGE, first.id, at)
      const name = { id: first.id, fleet: EDGE, commit: first.commit, version: "1.2.3", isInvalidated: false }
      expect(fleet).toMatchObject({ slug: EDGE, pin: name, target: name })
      expect(await site.store.getFleet(EDGE)).toEqual(fleet)
      expect(await site.store.listFleets({ organization: "acme" })).toEqual([fleet])
      await site.release("c")
      expect(await site.store.getFleet(EDGE)).toEqual(fleet)
    })

    test("back on track-latest moves at once, to what was recorded meanwhile", async () => {
      const first = await site.release("a")
      await site.store.pinFleet(EDGE, first.id, at)
      const second = await site.release("b")
      expect(await site.target()).toBe(first.id)
      const { fleet } = await site.store.trackLatest(EDGE, at)
      expect(fleet).toMatchObject({ pin: null, target: { id: second.id } })
      expect(await site.store.getFleet(EDGE)).toEqual(fleet)
    })

    test("can be pinned to one release after another", async () => {
      const [first, second] = [await site.release("a"), await site.release("b")]
      for (const { id } of [first, second, first]) {
        expect((await site.store.pinFleet(EDGE, id, at)).fleet).toMatchObject({ pin: { id }, target: { id } })
      }
    })

    test.each<[string, FleetErrorCode, RegExp, (site: Site) => Promise<{ id: number }>]>([
      ["a failed release", "RELEASE_NOT_SUCCESSFUL", /its build is failed/, (on) => on.failure("x")],
      [
        "a cancelled release",
        "RELEASE_NOT_SUCCESSFUL",
        /its build is cancelled/,
        (on) => on.failure("x", "cancelled"),
      ],
      [
        "a release of another fleet",
        "RELEASE_OF_OTHER_FLEET",
        /it is a release of site\/edge/,
        (on) => on.release("x", {}, SITE),
      ],
      [
        "an invalidated release",
        "RELEASE_INVALIDATED",
        /it is invalidated/,
        async (on) => (await on.store.invalidateRelease((await on.release("x")).id, at)).release,
      ],
      ["a draft", "RELEASE_IS_DRAFT", /it is a draft/, (on) => on.recordDraft("x")],
      ["a release that is not there", "RELEASE_NOT_FOUND", /4711/, async () => ({ id: 4711 })],
    ])("cannot be pinned to %s, which changes nothing", async (_, code, message, make) => {
      const { id: pinned } = await site.release("a")
      await site.store.pinFleet(EDGE, pinned, at)
      const { id } = await make(site)
      const [fleet, history] = [await site.store.getFleet(EDGE), await site.history()]
      await refused(code, message, () => site.store.pinFleet(EDGE, id, at))
      expect(await site.store.getFleet(EDGE)).toEqual(fleet)
      expect(await site.history()).toEqual(history)
    })

    test("keeps its pin when that is invalidated", async () => {
      const [first, second] = [await site.release("a"), await site.release("b")]
      await site.store.pinFleet(EDGE, second.id, at)
      await site.store.invalidateRelease(second.id, at)
      expect(await site.store.getFleet(EDGE)).toMatchObject({
        pin: { id: second.id, isInvalidated: true },
        target: { id: second.id, isInvalidated: true },
      })
      expect((await site.store.trackLatest(EDGE, at)).fleet).toMatchObject({ target: { id: first.id } })
      await refused("RELEASE_INVALIDATED", /is invalidated/, () => site.store.pinFleet(EDGE, second.id, at))
    })

    test("falls back when its target is invalidated, and returns when that is taken back", async () => {
      const [first, second] = [await site.release("a"), await site.release("b")]
      await site.store.invalidateRelease(second.id, at)
      expect(await site.target()).toBe(first.id)
      await site.store.validateRelease(second.id, at)
      expect(await site.target()).toBe(second.id)
    })

    test("is not moved when an older release is invalidated and validated", async () => {
      const [first, second] = [await site.release("a"), await site.release("b")]
      await site.store.invalidateRelease(first.id, at)
      expect(await site.target()).toBe(second.id)
      await site.store.validateRelease(first.id, at)
      expect(await site.target()).toBe(second.id)
    })

    test("stays on its last valid release when that is invalidated, until there is a better one", async () => {
      const [first, second] = [await site.release("a"), await site.release("b")]
      await site.store.invalidateRelease(first.id, at)
      await site.store.invalidateRelease(second.id, at)
      expect(await site.store.getFleet(EDGE)).toMatchObject({
        pin: null,
        target: { id: second.id, isInvalidated: true },
      })
      expect(await site.latest()).toBeUndefined()
      const draft = await site.recordDraft("c", "2.0.0")
      await site.failure("d")
      expect(await site.target()).toBe(second.id)
      await site.store.validateRelease(first.id, at)
      expect(await site.target()).toBe(first.id)
      await site.store.finalizeRelease(draft.id, at)
      expect(await site.target()).toBe(draft.id)
    })

    test("counts a generation with each change of its pin or its target, and with nothing else", async () => {
      const generations: number[] = []
      const note = async () => generations.push((await site.store.getFleet(EDGE)).generation)
      await note()
      const { id } = await site.release("a")
      await note()
      await site.store.pinFleet(EDGE, id, at)
      await note()
      await site.release("b")
      await site.store.pinFleet(EDGE, id, at)
      await site.device(1)
      await note()
      await site.store.trackLatest(EDGE, at)
      await note()
      await site.store.trackLatest(EDGE, at)
      await site.recordDraft("c")
      await note()
      const [start = 0] = generations
      expect(generations.map((generation) => generation - start)).toEqual([0, 1, 2, 2, 3, 3])
    })

    test("is changed only while it has the generation that the change is bound to", async () => {
      const [first, second] = [await site.release("a"), await site.release("b")]
      const { generation } = await site.store.getFleet(EDGE)
      const bound = { ...at, generation }
      const { fleet: pinned } = await site.store.pinFleet(EDGE, first.id, bound)
      for (const change of [
        () => site.store.pinFleet(EDGE, second.id, bound),
        () => site.store.trackLatest(EDGE, bound),
      ]) {
        await refused("POLICY_CHANGED", /acme\/edge has changed/, change)
      }
      expect(await site.store.getFleet(EDGE)).toEqual(pinned)
      const next = { ...at, generation: pinned.generation }
      expect((await site.store.trackLatest(EDGE, next)).fleet).toMatchObject({ target: { id: second.id } })
    })
  })
}
