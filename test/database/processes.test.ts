import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { rest, startRecorder, type Worker } from "./worker.ts"

const folder = await mkdtemp(join(tmpdir(), "waybill-processes-"))
afterAll(() => rm(folder, { recursive: true, force: true }))

test("processes that record one version at once get every revision once, and none is lost", async () => {
  const path = join(folder, "parallel.db")
  const database = await openSqlite(path)
  const store = database.fleets
  await store.createFleet({ slug: "acme/edge" }, { now: new Date(), actor: "tester" })
  const recorders = await Promise.all(
    ["a", "b", "c", "d", "e"].map((name) => startRecorder(path, name, 10, 3)),
  )
  for (const recorder of recorders) recorder.begin()
  const revisions = (await Promise.all(recorders.map(({ lines }) => rest(lines)))).flat().map(Number)
  const expected = Array.from({ length: 50 }, (_, revision) => revision)
  expect(revisions.toSorted((one, two) => one - two)).toEqual(expected)
  const kept = (await store.listReleases("acme/edge")).map((release) => release.revision)
  expect(kept).toEqual(expected.toReversed())
  await database.close()
})

test("processes that open a new home at once all succeed", async () => {
  const path = join(folder, "first.db")
  // They find no fleet, which they could not know without the whole schema.
  const recorders = await Promise.all(["a", "b", "c", "d"].map((name) => startOpener(path, name)))
  for (const recorder of recorders) recorder.begin()
  expect(await Promise.all(recorders.map(({ ended }) => ended))).toEqual([0, 0, 0, 0])
  const database = await openSqlite(path)
  const store = database.fleets
  expect(await store.listFleets()).toEqual([])
  await database.close()
})

/** A recorder of nothing: it only opens the store and closes it. */
function startOpener(path: string, name: string): Promise<Worker> {
  return startRecorder(path, name, 0, 0)
}
