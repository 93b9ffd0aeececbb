import { afterEach, beforeEach, describe, expect, test } from "vitest"
import type { Database } from "../../src/database/database.ts"
import { at, EDGE, NOW } from "./contract/site.ts"

const DAY = 24 * 60 * 60_000
const ID = "3f2a6c1e-9b0d-4857-a1c2-e3f405162738"
const OTHER = "3f2a6c1e-9b0d-4857-a1c2-e3f405162739"

/** Uploads that are passed on, in a database. `open` gives an empty one; the suite closes it. */
export function describeUploadStore(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database
    let fleet: number

    beforeEach(async () => {
      database = await open()
      fleet = (await database.fleets.createFleet({ slug: EDGE, registry: "registry.example" }, at)).id
    })
    afterEach(() => database.close())

    test("an upload is found where it last moved to, by its fleet alone, until it is removed", async () => {
      const { uploads } = database
      await uploads.put({ id: ID, fleet, location: "https://registry.example/1?state=a" }, at)
      await uploads.put({ id: ID, fleet, location: "https://registry.example/2?state=b" }, at)
      const found = { id: ID, fleet, location: "https://registry.example/2?state=b" }
      expect(await uploads.find(ID, fleet)).toEqual(found)
      expect(await uploads.find(ID, fleet + 1)).toBeUndefined()
      expect(await uploads.find(OTHER, fleet)).toBeUndefined()
      await uploads.remove(ID)
      await uploads.remove(ID)
      expect(await uploads.find(ID, fleet)).toBeUndefined()
    })

    test("an upload moves and ends while something else is changed", async () => {
      const { uploads, fleets } = database
      const changes = ["acme/one", "acme/two"].map((slug) =>
        fleets.createFleet({ slug: slug as typeof EDGE }, at),
      )
      await Promise.all([
        ...changes,
        uploads.put({ id: ID, fleet, location: "https://registry.example/" }, at),
      ])
      expect(await uploads.find(ID, fleet)).toBeDefined()
      await Promise.all([fleets.setPublic(EDGE, true, at), uploads.remove(ID)])
      expect(await uploads.find(ID, fleet)).toBeUndefined()
    })

    test("one that has not moved for a week is forgotten with the next of its fleet", async () => {
      const { uploads } = database
      const put = (id: string, milliseconds: number) =>
        uploads.put(
          { id, fleet, location: "https://registry.example/" },
          { now: new Date(NOW.getTime() + milliseconds) },
        )
      await put(ID, 0)
      await put(OTHER, 6 * DAY)
      expect(await uploads.find(ID, fleet)).toBeDefined()
      await put(OTHER, 8 * DAY)
      expect(await uploads.find(ID, fleet)).toBeUndefined()
      expect(await uploads.find(OTHER, fleet)).toBeDefined()
    })

    test("a fleet that is removed takes its uploads with it", async () => {
      const { uploads } = database
      await uploads.put({ id: ID, fleet, location: "https://registry.example/" }, at)
      await database.fleets.removeFleet(EDGE, at)
      expect(await uploads.find(ID, fleet)).toBeUndefined()
    })
  })
}
