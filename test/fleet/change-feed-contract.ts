import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Database } from "../../src/database/database.ts"
import type { Change, ChangedPart } from "../../src/fleet/change-feed.ts"
import { hashSecret } from "../../src/fleet/secret.ts"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { sampleToken } from "./access-store-contract.ts"
import { at, EDGE, NOW, SITE } from "./contract/site.ts"
import { sampleDevice, uuidOf } from "./sample-device.ts"
import { sampleRelease } from "./sample-release.ts"

/** What was told, and a wait for more of it. */
export class Told {
  readonly changes: Change[] = []
  #wake: () => void = () => undefined

  readonly hear = (change: Change): void => {
    this.changes.push(change)
    this.#wake()
  }

  /** Until a change of a kind is told, and of a fleet this part. */
  async until(kind: Change["kind"], fleet?: FleetSlug, part?: ChangedPart): Promise<void> {
    const fits = (change: Change) =>
      change.kind === kind &&
      (change.kind !== "fleet" ||
        (change.fleet === fleet && (part === undefined || change.of.includes(part))))
    while (!this.changes.some(fits)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Of a fleet: all parts that were told, in order of the alphabet. */
  partsOf(fleet: FleetSlug): ChangedPart[] {
    const parts = this.changes.flatMap((change) =>
      change.kind === "fleet" && change.fleet === fleet ? change.of : [],
    )
    return [...new Set(parts)].toSorted()
  }
}

/** What changes in a database. `open` gives two handles on an empty one, as two processes have; the suite closes both. */
export function describeChangeFeed(name: string, open: () => Promise<[Database, Database]>): void {
  describe(name, () => {
    let database: Database
    let other: Database

    beforeEach(async () => {
      ;[database, other] = await open()
      await database.fleets.createFleet({ slug: EDGE, registry: "127.0.0.1:5000" }, at)
      await database.fleets.createFleet({ slug: SITE, registry: "127.0.0.1:5000" }, at)
    })
    afterEach(async () => {
      await Promise.all([database.close(), other.close()])
    })

    test.each([
      ["this process", () => database],
      ["another process", () => other],
    ])("tells what %s changes, by its fleet and what to ask again", async (_, changed) => {
      const told = new Told()
      const stop = await database.changes.listen(told.hear)
      await changed().fleets.registerDevice(EDGE, sampleDevice(1), at)
      await told.until("fleet", EDGE)
      expect(told.partsOf(EDGE)).toEqual(["devices", "history"])
      await changed().fleets.recordRelease(SITE, sampleRelease("a"), at)
      await told.until("fleet", SITE)
      expect(told.partsOf(SITE)).toEqual(["devices", "fleet", "history", "releases"])
      stop()
    })

    test.each([
      ["this process", () => database],
      ["another process", () => other],
    ])("tells that a device reported to %s", async (_, changed) => {
      await database.fleets.registerDevice(EDGE, sampleDevice(1), at)
      const told = new Told()
      const stop = await database.changes.listen(told.hear)
      await changed().fleets.reportRelease(uuidOf(1), null, { now: NOW })
      await told.until("fleet", EDGE, "devices")
      expect(told.partsOf(EDGE)).toEqual(["devices"])
      stop()
    })

    test.each([
      ["this process", () => database],
      ["another process", () => other],
    ])("tells that a token was revoked, or a session ended, by %s", async (_, changed) => {
      const token = await database.access.createToken(sampleToken("ci"), at)
      const session = await database.sessions.beginSession(token.id, hashSecret("a"), at)
      const told = new Told()
      const stop = await database.changes.listen(told.hear)
      await changed().sessions.endSession(session?.id ?? 0)
      await told.until("access")
      told.changes.length = 0
      await changed().access.revokeToken(token.id, at)
      await told.until("access")
      stop()
    })

    test("tells everybody who listens, and nobody who listens no more", async () => {
      const [one, two] = [new Told(), new Told()]
      const stopOne = await database.changes.listen(one.hear)
      const stopTwo = await database.changes.listen(two.hear)
      stopOne()
      stopOne()
      await database.fleets.registerDevice(EDGE, sampleDevice(1), at)
      await two.until("fleet", EDGE)
      expect(one.changes).toEqual([])
      stopTwo()
      const again = new Told()
      const stop = await database.changes.listen(again.hear)
      await database.fleets.registerDevice(SITE, sampleDevice(2), at)
      await again.until("fleet", SITE)
      expect(again.partsOf(EDGE)).toEqual([])
      stop()
    })

    test("does not tell what was not done", async () => {
      const told = new Told()
      const stop = await database.changes.listen(told.hear)
      await expect(database.fleets.createFleet({ slug: EDGE }, at)).rejects.toMatchObject({
        code: "FLEET_EXISTS",
      })
      await database.fleets.registerDevice(SITE, sampleDevice(1), at)
      await told.until("fleet", SITE)
      expect(told.partsOf(EDGE)).toEqual([])
      stop()
    })

    test("says what was missed in one line for each fleet, or that it is too much", async () => {
      const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000)
      await database.fleets.registerDevice(EDGE, sampleDevice(1), { ...at, now: minutes(10) })
      await database.fleets.setPublic(EDGE, true, { ...at, now: minutes(11) })
      await database.fleets.registerDevice(SITE, sampleDevice(2), { ...at, now: minutes(5) })
      await database.fleets.reportRelease(uuidOf(2), null, { now: minutes(20) })
      const since = async (begin: Date, now = minutes(30)) =>
        (await database.changes.changesSince(begin, { now })).map((change) =>
          change.kind === "fleet" ? [change.fleet, change.of.toSorted()] : change,
        )
      expect(await since(minutes(9))).toEqual([
        [EDGE, ["devices", "fleet", "history", "releases"]],
        [SITE, ["devices"]],
      ])
      expect(await since(minutes(15))).toEqual([[SITE, ["devices"]]])
      expect(await since(minutes(25))).toEqual([])
      expect(await since(minutes(9), minutes(70))).toEqual([{ kind: "all" }])
      expect(await since(minutes(40))).toEqual([{ kind: "all" }])
      expect(await since(new Date(Number.NaN))).toEqual([{ kind: "all" }])
      const options = { now: NOW, signal: AbortSignal.abort(new Error("stopped")) }
      await expect(database.changes.changesSince(NOW, options)).rejects.toThrow("stopped")
    })
  })
}
