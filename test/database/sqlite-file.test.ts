import { mkdtemp, open, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setImmediate } from "node:timers/promises"
import { type CompiledQuery, Kysely } from "kysely"
import { afterAll, beforeEach, describe, expect, test } from "vitest"
import { sqliteColumns } from "../../src/database/columns.ts"
import { DatabaseError } from "../../src/database/database-error.ts"
import { migrations } from "../../src/database/migrations.ts"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { SCHEMA_VERSION, type Schema } from "../../src/database/schema.ts"
import { SqlDatabase } from "../../src/database/sql-database.ts"
import { SqliteChangeFeed } from "../../src/database/sqlite-change-feed.ts"
import { SqliteFile } from "../../src/database/sqlite-database.ts"
import { WaybillSqliteDialect } from "../../src/database/sqlite-dialect.ts"
import { parseVersion, rawVersion } from "../../src/fleet/version.ts"
import { sampleToken } from "../fleet/access-store-contract.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleFailure, sampleRelease } from "../fleet/sample-release.ts"

const at = { now: new Date("2026-02-03T04:05:06Z"), actor: "tester" }
const folder = await mkdtemp(join(tmpdir(), "waybill-sqlite-"))
let path: string
let count = 0

beforeEach(() => {
  path = join(folder, `${++count}.db`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function fillStore(): Promise<void> {
  const database = await openSqlite(path)
  const store = database.fleets
  await store.createFleet({ slug: "acme/edge" }, at)
  for (const seed of ["a", "b", "c"]) await store.recordRelease("acme/edge", sampleRelease(seed), at)
  await database.close()
}

/** A store on parts that the test holds in its hands. */
function databaseOf(file: SqliteFile, log: (query: CompiledQuery) => void = () => {}) {
  const dialect = new WaybillSqliteDialect(file, 0)
  const db = new Kysely<Schema>({ dialect, log: (event) => log(event.query) })
  return new SqlDatabase(db, new SqliteChangeFeed(db, file))
}

async function refusedWith(call: () => Promise<unknown>): Promise<DatabaseError> {
  const error = await call().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(DatabaseError)
  const refusal = error as DatabaseError
  expect(refusal.message).toContain(path)
  expect(refusal.hint).toBeDefined()
  return refusal
}

describe("a home's database", () => {
  test("is there again when it is opened again", async () => {
    await fillStore()
    const database = await openSqlite(path)
    const store = database.fleets
    expect((await store.latestRelease("acme/edge"))?.commit).toBe(sampleRelease("c").commit)
    await database.close()
  })

  test("is not written by opening and reading it when it is up to date", async () => {
    await fillStore()
    const before = await readFile(path)
    const database = await openSqlite(path)
    const store = database.fleets
    await store.listReleases("acme/edge")
    await database.close()
    expect(Buffer.compare(await readFile(path), before)).toBe(0)
  })

  test("leaves one file behind when it is closed", async () => {
    await fillStore()
    await expect(stat(`${path}-wal`)).rejects.toThrow("ENOENT")
  })

  test("lets readers read while a writer is at work", async () => {
    await fillStore()
    const writer = new DatabaseSync(path)
    writer.exec("begin immediate; update fleets set tracked_release_id = null; delete from releases")
    const database = databaseOf(new SqliteFile(path))
    const store = database.fleets
    const [first] = await store.listReleases("acme/edge")
    expect(await store.getRelease(first?.id ?? 0)).toMatchObject({ commit: sampleRelease("c").commit })
    expect(await store.latestRelease("acme/edge")).toMatchObject({ id: first?.id })
    await database.close()
    writer.close()
  })

  test("has as many migrations as its version says", () => {
    expect(Object.keys(migrations(sqliteColumns))).toHaveLength(SCHEMA_VERSION)
  })

  test("takes a file that is empty", async () => {
    await writeFile(path, "")
    await fillStore()
  })
})

describe("a database that cannot be used", () => {
  test("because a newer Waybill made it says so", async () => {
    await fillStore()
    const newer = new DatabaseSync(path)
    newer.exec(`pragma user_version = ${SCHEMA_VERSION + 1}`)
    newer.close()
    const error = await refusedWith(() => openSqlite(path))
    expect(error).toMatchObject({
      code: "DATABASE_TOO_NEW",
      message: expect.stringContaining("newer Waybill"),
    })
  })

  test("because another program made it is left as it is", async () => {
    const other = new DatabaseSync(path)
    other.exec("create table bookmarks (url text)")
    other.close()
    const before = await readFile(path)
    const error = await refusedWith(() => openSqlite(path))
    expect(error.code).toBe("DATABASE_FOREIGN")
    expect(Buffer.compare(await readFile(path), before)).toBe(0)
  })

  test("because it is no database at all is left as it is", async () => {
    await writeFile(path, "not a database, but as long as one might be\n".repeat(100))
    const before = await readFile(path)
    const error = await refusedWith(() => openSqlite(path))
    expect(error).toMatchObject({
      code: "DATABASE_DAMAGED",
      message: expect.stringContaining("not a database"),
    })
    expect(Buffer.compare(await readFile(path), before)).toBe(0)
  })

  test("because it is cut off says that it is damaged", async () => {
    await fillStore()
    const file = await open(path, "r+")
    await file.truncate(4096)
    await file.close()
    const error = await refusedWith(async () => {
      const database = await openSqlite(path)
      try {
        await database.fleets.listReleases("acme/edge")
      } finally {
        await database.close()
      }
    })
    expect(error.code).toBe("DATABASE_DAMAGED")
  })

  test("because its folder is missing, or it is a folder, says that it cannot be opened", async () => {
    const file = path
    path = join(file, "fleets.db")
    expect((await refusedWith(() => openSqlite(path))).code).toBe("DATABASE_UNAVAILABLE")
    path = folder
    expect((await refusedWith(() => openSqlite(path))).code).toBe("DATABASE_UNAVAILABLE")
  })

  test("because another process writes for too long says that it is busy", async () => {
    await fillStore()
    const writer = new DatabaseSync(path)
    writer.exec("begin immediate")
    const database = databaseOf(new SqliteFile(path))
    const store = database.fleets
    const error = await refusedWith(() => store.recordRelease("acme/edge", sampleRelease("d"), at))
    expect(error.code).toBe("DATABASE_BUSY")
    writer.close()
    await store.recordRelease("acme/edge", sampleRelease("d"), at)
    await database.close()
  })

  test("because the disk is full says so, changes nothing, and goes on once there is space", async () => {
    await fillStore()
    const file = new SqliteFile(path)
    const database = databaseOf(file)
    const store = database.fleets
    file.exec("pragma max_page_count = 1")
    const big = sampleRelease("d", { note: "x".repeat(1_000_000) })
    const error = await refusedWith(() => store.recordRelease("acme/edge", big, at))
    expect(error.code).toBe("DATABASE_FULL")
    expect(await store.listReleases("acme/edge")).toHaveLength(3)
    file.exec("pragma max_page_count = 1000000")
    expect((await store.recordRelease("acme/edge", big, at)).release.revision).toBe(3)
    await database.close()
  })

  test("because a success has lost its digest is an error, and no release without one", async () => {
    await fillStore()
    const hand = new DatabaseSync(path)
    hand.exec("update releases set index_digest = null")
    hand.close()
    const database = await openSqlite(path)
    const store = database.fleets
    await expect(store.listReleases("acme/edge")).rejects.toMatchObject({ code: "DATABASE_DAMAGED" })
    await database.close()
  })
})

test("while a fleet with many devices is removed, whoever asks is answered, and sees it until it is gone", async () => {
  await fillStore()
  const file = new DatabaseSync(path)
  file.exec(`
    with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < 20000)
    insert into devices (uuid, fleet_id, organization_id, key_hash, registered_at)
    select format('%032x', number), 1, 1, format('%064x', number), '2026-01-01T00:00:00.000Z' from numbers`)
  file.close()
  const database = await openSqlite(path)
  let isRemoved = false
  const removing = database.fleets
    .removeFleet("acme/edge", { ...at, withReleases: true, withDevices: true })
    .finally(() => {
      isRemoved = true
    })
  let rounds = 0
  for (; !isRemoved; rounds++) {
    await setImmediate()
    expect(await database.access.authenticate("0".repeat(64))).toBeUndefined()
    if (!isRemoved) expect(await database.fleets.getFleet("acme/edge")).toMatchObject({ slug: "acme/edge" })
  }
  await removing
  expect(rounds).toBeGreaterThan(20)
  expect(await database.fleets.listDevices()).toEqual([])
  await database.close()
})

test.each([
  [
    "another program's",
    (file: DatabaseSync) => file.exec("create table bookmarks (url text)"),
    "DATABASE_FOREIGN",
  ],
  [
    "a newer Waybill's",
    (file: DatabaseSync) =>
      file.exec(`pragma application_id = 0x5759424c; pragma user_version = ${SCHEMA_VERSION + 1}`),
    "DATABASE_TOO_NEW",
  ],
  [
    "one with a table in the way of a migration",
    (file: DatabaseSync) => file.exec("pragma application_id = 0x5759424c; create table fleets (id integer)"),
    "ERR_SQLITE_ERROR",
  ],
])("a file that cannot be opened, as %s, is not kept open", async (_, make, code) => {
  const file = new DatabaseSync(path)
  make(file)
  file.close()
  await expect(openSqlite(path)).rejects.toMatchObject({ code })
  const open = (await readdir("/proc/self/fd")).map((name) =>
    readlink(`/proc/self/fd/${name}`).catch(() => ""),
  )
  expect((await Promise.all(open)).filter((target) => target.startsWith(path))).toEqual([])
})

test("no question needs to go through all releases, devices or entries: an index answers each", async () => {
  await fillStore()
  const file = new SqliteFile(path)
  const queries: CompiledQuery[] = []
  const database = databaseOf(file, (query) => queries.push(query))
  const store = database.fleets
  const {
    release: { id, commit },
  } = await store.recordRelease(
    "acme/edge",
    sampleRelease("d", { isDraft: true, version: parseVersion("9.0.0") }),
    at,
  )
  await store.finalizeRelease(id, at)
  await store.invalidateRelease(id, at)
  await store.validateRelease(id, at)
  await store.invalidateRelease(id, at)
  await store.recordUnsuccessfulRelease("acme/edge", sampleFailure("e"), at)
  const latest = await store.latestRelease("acme/edge")
  await store.listReleases("acme/edge", { limit: 10, before: id })
  await store.findReleases({ commit: commit.slice(0, 7) })
  await store.findReleases({ commit: commit.slice(0, 7), fleet: "acme/edge" })
  await store.findReleases({ fleet: "acme/edge", version: latest ? rawVersion(latest) : "" })
  await store.removeRelease(id, at)

  const [slug, uuid] = ["acme/edge", uuidOf(1)] as const
  await store.registerDevice(slug, sampleDevice(1), at)
  await store.registerDevice(slug, sampleDevice(1), at)
  await store.pinFleet(slug, latest?.id ?? 0, at)
  await store.pinDevices([uuid], latest?.id ?? 0, at)
  await store.reportRelease(uuid, latest?.commit ?? null, at)
  await store.listFleets({ organization: "acme", after: "acme/dock", limit: 10 })
  for (const of of [{ fleet: slug }, { organization: "acme" }]) {
    for (const policy of ["pinned", "tracking", undefined] as const) {
      await store.listDevices({ ...of, policy }, { after: 1, limit: 10 })
      await store.listDevices({ ...of, policy, uuid: "0000" }, { after: 1, limit: 10 })
    }
  }
  await store.countDevices(slug)
  await store.getTarget(uuid)
  await database.peekTarget(uuid)
  await database.peekTarget(uuid, { organization: "acme" })
  await store.pinDevices([uuid, uuid], latest?.id ?? 0, { ...at, organization: "acme" })
  await database.access.authenticate("0".repeat(64))
  await database.access.createToken(sampleToken("ci"), at)
  await database.access.revokeToken(1, at)
  await store.trackFleet([uuid], at)
  await store.trackLatest(slug, at)
  await store.setPublic(slug, true, at)
  await store.createFleet({ slug: "acme/dock", registry: "registry.example" }, at)
  await store.setRegistry("acme/dock", "registry-2.example", at)
  await store.tagDevices([uuid], { site: "north" }, at)
  await store.renameDevice(uuid, "press 4", at)
  await store.listDevices({ name: "press 4" }, { limit: 10 })
  await store.listDevices({ name: "press 4", organization: "acme" }, { limit: 10 })
  const where = [{ key: "site", value: "north" }, { key: "site" }]
  for (const of of [{ fleet: slug }, { organization: "acme" }, {}]) {
    await store.listDevices({ ...of, where })
    await store.listDevices({ ...of, uuid: "0000", where })
  }
  await store.trackFleet({ fleet: slug, where }, at)
  await store.moveDevices([uuid], "acme/dock", at)
  await store.removeDevices([uuid], at)
  await store.listEvents(slug, { before: 10, limit: 10 })
  await store.removeFleet(slug, { ...at, withReleases: true })
  await store.removeFleet("acme/dock", at)

  const seen = new Set(queries.map((query) => query.sql))
  const asked = [...seen].filter((sql) => /^(?:select|update|delete)/.test(sql))
  expect(asked.length).toBeGreaterThan(10)
  for (const sql of asked) {
    const parameters = queries.find((query) => query.sql === sql)?.parameters ?? []
    const plan = file.execute<{ detail: string }>(`explain query plan ${sql}`, parameters).rows
    for (const { detail } of plan) {
      expect(detail, sql).not.toMatch(/^SCAN (?!CONSTANT ROW)/)
      // Each id of one list with each of another.
      expect(detail, sql).not.toMatch(/\bid=\? AND rowid=\?/)
    }
  }
  await database.close()
})
