import { join } from "node:path"
import { expect, test } from "vitest"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { SqliteFile } from "../../src/database/sqlite-database.ts"
import type { FleetStore } from "../../src/fleet/fleet-store.ts"
import { at, EDGE } from "../fleet/contract/site.ts"
import { sampleDevice } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"
import { CHANGES } from "./changes.ts"
import { startWorker } from "./worker.ts"

const DIE_AT = new URL("./die-at.ts", import.meta.url)

async function inFile<Result>(path: string, work: (store: FleetStore) => Promise<Result>): Promise<Result> {
  const database = await openSqlite(path)
  try {
    return await work(database.fleets)
  } finally {
    await database.close()
  }
}

async function fill(store: FleetStore): Promise<void> {
  await store.createFleet({ slug: EDGE }, at)
  for (const seed of ["a", "b"]) await store.recordRelease(EDGE, sampleRelease(seed), at)
  for (const number of [1, 2]) await store.registerDevice(EDGE, sampleDevice(number), at)
}

/** Everything that can be asked of the fleets. */
async function everything(store: FleetStore): Promise<object> {
  const fleets = await store.listFleets()
  const releases = fleets.length === 0 ? [] : await store.listReleases(EDGE)
  return {
    fleets,
    releases: await Promise.all(releases.map(({ id }) => store.getRelease(id))),
    devices: await store.listDevices(),
    history: await store.listEvents(EDGE),
  }
}

const BEFORE = ["after begin immediate", "after insert into fleet_events", "before commit"]
const AFTER = ["after commit"]

test.each([
  ["record", ["after insert into releases", "after insert into release_tags", ...BEFORE], AFTER],
  ["invalidate", ["after update releases", ...BEFORE], AFTER],
  ["pinFleet", ["after update fleets set pinned_release_id", ...BEFORE], AFTER],
  ["pinDevices", ["after update devices", ...BEFORE], AFTER],
  ["register", ["after insert into devices", ...BEFORE], AFTER],
  ["removeFleet", ["after delete from devices", "after delete from releases", ...BEFORE], AFTER],
])(
  "a process killed while it does %s leaves nothing of it before it is committed, and all after",
  async (name, before, after) => {
    const folder = await temporaryFolder()
    const expected = await inFile(join(folder, "whole.db"), async (store) => {
      await fill(store)
      const start = await everything(store)
      await CHANGES[name]?.(store)
      return { start, end: await everything(store) }
    })
    expect(expected.end).not.toEqual(expected.start)
    for (const point of [...before, ...after]) {
      const path = join(folder, `${point}.db`)
      await inFile(path, fill)
      const worker = await startWorker(DIE_AT, [path, name, point])
      worker.begin()
      // Null where a signal ended it: it got to that point.
      expect(await worker.ended, point).toBeNull()
      expect(await inFile(path, everything), point).toEqual(
        after.includes(point) ? expected.end : expected.start,
      )
      const file = new SqliteFile(path)
      expect(file.get("pragma integrity_check"), point).toMatchObject({ integrity_check: "ok" })
      expect(file.execute("pragma foreign_key_check", []).rows, point).toEqual([])
      file.close()
    }
  },
)
