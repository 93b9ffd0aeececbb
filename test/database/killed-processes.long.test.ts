import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, expect, test } from "vitest"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { SqliteFile } from "../../src/database/sqlite-database.ts"
import type { FleetEvent } from "../../src/fleet/fleet-event.ts"
import type { FleetStore } from "../../src/fleet/fleet-store.ts"
import { rawVersion } from "../../src/fleet/version.ts"
import { sampleDevice } from "../fleet/sample-device.ts"
import { seededRandom } from "../support/seed.ts"
import { rest, startRecorder, startWorker, type Worker } from "./worker.ts"

/** Of kills at moments that follow from the seed. */
const ROUNDS = 8
/** In milliseconds. */
const LONGEST_CHANGE = 30

const CHANGE_POLICY = new URL("./change-policy.ts", import.meta.url)
const folder = await mkdtemp(join(tmpdir(), "waybill-processes-"))
afterAll(() => rm(folder, { recursive: true, force: true }))

test("a process killed at a moment of chance leaves every release whole or not at all, and no gap in the revisions", async () => {
  const path = join(folder, "killed.db")
  const database = await openSqlite(path)
  const store = database.fleets
  await store.createFleet({ slug: "acme/edge" }, { now: new Date(), actor: "tester" })
  const size = 200
  const random = seededRandom("kills of a process that records releases")
  let answered = 0
  for (let round = 0; round < ROUNDS; round++) {
    const recorder = await startRecorder(path, `round-${round}`, 1000, size)
    recorder.begin()
    answered += await readUntilKilled(recorder, random, (lines) => lines.length)
  }
  const releases = (await store.listReleases("acme/edge")).toReversed()
  expect(releases.length).toBeGreaterThanOrEqual(answered)
  expect(releases.map((release) => release.revision)).toEqual(releases.map((_, revision) => revision))
  for (const { id } of releases) {
    const release = await store.getRelease(id)
    expect(release.services).toHaveLength(size)
    expect(Object.keys(release.tags)).toHaveLength(size)
  }
  await database.close()
  const file = new SqliteFile(path)
  expect(file.get("pragma integrity_check")).toMatchObject({ integrity_check: "ok" })
  expect(file.get("select count(*) as parts from release_services")).toMatchObject({
    parts: releases.length * size,
  })
  file.close()
})

test("a process killed at a moment of chance leaves every answered pin and import, with its history, and none in part", async () => {
  const path = join(folder, "killed-policy.db")
  const database = await openSqlite(path)
  const store = database.fleets
  const at = { now: new Date(), actor: "tester" }
  await store.createFleet({ slug: "acme/edge" }, at)
  const devices = 30
  for (let number = 0; number < devices; number++) {
    await store.registerDevice("acme/edge", sampleDevice(number), at)
  }
  const random = seededRandom("kills of a process that changes policy")
  for (let round = 0; round < ROUNDS; round++) {
    const worker = await startWorker(CHANGE_POLICY, [path, `round-${round}`, String(devices)])
    worker.begin()
    const answered = await readUntilKilled(worker, random, (lines) => Number(lines.at(-1)))
    const history = await store.listEvents("acme/edge")
    expect(history[0]?.id).toBeGreaterThanOrEqual(answered)
    expect(history.some(({ id }) => id === answered)).toBe(true)
    await checkAgainstHistory(store, history.toReversed(), devices)
  }
  await database.close()
  const file = new SqliteFile(path)
  expect(file.get("pragma integrity_check")).toMatchObject({ integrity_check: "ok" })
  expect(file.execute("pragma foreign_key_check", []).rows).toEqual([])
  file.close()
})

/** Lets a process do a few of its changes and some of the next, and kills it. Gives what it had said by then. */
async function readUntilKilled(
  worker: Worker,
  random: () => number,
  read: (lines: readonly string[]) => number,
): Promise<number> {
  const lines: string[] = []
  for (let left = 1 + Math.floor(random() * 6); left > 0; left--)
    lines.push((await worker.lines.next()).value)
  // The moment is what is tried here; kill-points.long.test.ts has those that have a name.
  await setTimeout(random() * LONGEST_CHANGE)
  await worker.kill()
  lines.push(...(await rest(worker.lines)))
  return read(lines)
}

/** All that the history tells, oldest first, is so, and nothing else is. */
async function checkAgainstHistory(store: FleetStore, history: readonly FleetEvent[], devices: number) {
  const releases: string[] = []
  const pins = new Map<string, string | null>()
  let pin: string | null = null
  for (const { action, release, device } of history) {
    const version = release?.version ?? null
    if (action === "release.import" && version !== null) releases.push(version)
    if (action === "fleet.pin" || action === "fleet.track-latest") pin = version
    if (device !== null) pins.set(device, version)
  }
  expect(new Set(pins.values()).size).toBe(1)
  expect(pins.size).toBe(devices)

  const kept = (await store.listReleases("acme/edge")).toReversed()
  expect(kept.map(rawVersion)).toEqual(releases)
  for (const { id } of kept) expect((await store.getRelease(id)).services).toHaveLength(50)
  const fleet = await store.getFleet("acme/edge")
  expect(fleet.pin?.version ?? null).toBe(pin)
  expect(fleet.target?.version).toBe(pin ?? releases.at(-1))
  for (const device of await store.listDevices({ fleet: "acme/edge" })) {
    expect(device.pin?.version ?? null).toBe(pins.get(device.uuid))
  }
}
