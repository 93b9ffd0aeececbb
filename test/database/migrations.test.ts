import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Kysely } from "kysely"
import { Migrator } from "kysely/migration"
import { beforeEach, describe, expect, test } from "vitest"
import { sqliteColumns } from "../../src/database/columns.ts"
import { migrations } from "../../src/database/migrations.ts"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { SCHEMA_VERSION, type Schema } from "../../src/database/schema.ts"
import { SqliteFile } from "../../src/database/sqlite-database.ts"
import { WaybillSqliteDialect } from "../../src/database/sqlite-dialect.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { temporaryFolder } from "../support/content/temporary-folder.ts"

const OLD = await readFile(new URL("../../fixtures/database/version-1.sql", import.meta.url).pathname, "utf8")
const at = { now: new Date("2026-02-03T04:05:06Z"), actor: "tester" }
let path: string

beforeEach(async () => {
  path = join(await temporaryFolder(), "waybill.db")
  run((file) => file.exec(OLD))
})

function run<Result>(work: (file: DatabaseSync) => Result): Result {
  const file = new DatabaseSync(path)
  try {
    return work(file)
  } finally {
    file.close()
  }
}

const versionOf = () => run((file) => file.prepare("pragma user_version").get())

describe("a home of an older Waybill", () => {
  test("opens, each fleet tracks its newest final valid release, and all is as it was", async () => {
    const database = await openSqlite(path)
    const store = database.fleets
    const releases = await store.listReleases("acme/edge")
    expect(releases.map(({ status, revision, isInvalidated }) => [status, revision, isInvalidated])).toEqual([
      ["failed", null, false],
      ["success", null, false],
      ["success", 2, true],
      ["success", 1, false],
      ["success", 0, false],
    ])
    const [, , , second, first] = releases
    const targets = (await store.listFleets()).map(({ slug, pin, target }) => [slug, pin, target?.id ?? null])
    expect(targets).toEqual([
      ["acme/dock", null, null],
      ["acme/edge", null, second?.id],
      ["site/edge", null, null],
    ])
    expect(await store.getRelease(first?.id ?? 0)).toMatchObject(
      sampleRelease("a", { tags: { branch: "main" }, note: "it's the first" }),
    )
    expect((await store.listFleets()).map(({ isPublic }) => isPublic)).toEqual([false, false, false])
    expect(await store.listEvents("acme/edge")).toEqual([])
    await database.close()
    expect(versionOf()).toEqual({ user_version: SCHEMA_VERSION })
  })

  test("works from then on: releases count on, policy, devices, history and tokens are there", async () => {
    const database = await openSqlite(path)
    const store = database.fleets
    await store.registerDevice("acme/edge", sampleDevice(1), at)
    expect((await store.getTarget(uuidOf(1))).release?.revision).toBe(1)
    const next = await store.recordRelease("acme/edge", sampleRelease("f"), at)
    expect(next.revision).toBe(3)
    expect((await store.getTarget(uuidOf(1))).release?.id).toBe(next.id)
    const [, , , , , oldest] = await store.listReleases("acme/edge")
    expect(await store.pinFleet("acme/edge", oldest?.id ?? 0, at)).toMatchObject({ generation: 2 })
    expect((await store.getTarget(uuidOf(1))).release?.id).toBe(oldest?.id)
    expect((await store.listEvents("acme/edge")).map(({ action }) => action)).toEqual([
      "fleet.pin",
      "release.create",
      "device.register",
    ])
    await database.access.listTokens(null)
    await database.close()
  })

  test("stays what it is when it cannot be brought up to date", async () => {
    run((file) => file.exec("create table tokens (id integer)"))
    await expect(openSqlite(path)).rejects.toThrow('table "tokens" already exists')
    expect(versionOf()).toEqual({ user_version: 1 })
    run((file) => {
      expect(file.prepare("select * from fleets").columns()).toHaveLength(6)
      file.exec("drop table tokens")
    })
    await (await openSqlite(path)).close()
    expect(versionOf()).toEqual({ user_version: SCHEMA_VERSION })
  })
})

test("a home made before there were public fleets opens, and none of its fleets is public until that is said", async () => {
  path = join(await temporaryFolder(), "second.db")
  const file = new SqliteFile(path)
  const db = new Kysely<Schema>({ dialect: new WaybillSqliteDialect(file, 0) })
  await migrateTo(db, "0002-policy-devices-and-tokens")
  file.exec("insert into organizations (name, created_at) values ('acme', '2026-01-02T03:04:05.678Z')")
  file.exec(
    "insert into fleets (organization_id, slug, class, created_at, generation) values (1, 'acme/edge', 'app', '2026-01-02T03:04:05.678Z', 7)",
  )
  file.exec("pragma application_id = 0x5759424c")
  file.exec("pragma user_version = 2")
  file.close()

  const database = await openSqlite(path)
  const [fleet] = await database.fleets.listFleets()
  expect(fleet).toMatchObject({ slug: "acme/edge", class: "app", generation: 7, isPublic: false })
  expect(await database.fleets.setPublic("acme/edge", true, at)).toEqual({
    ...fleet,
    isPublic: true,
    generation: 8,
  })
  await database.close()
  expect(versionOf()).toEqual({ user_version: SCHEMA_VERSION })
})

/** Runs the migrations up to one of them, as the Waybill did that it was the last of. */
async function migrateTo(db: Kysely<Schema>, last: string): Promise<void> {
  const provider = { getMigrations: async () => migrations(sqliteColumns) }
  const { error } = await new Migrator({ db, provider }).migrateTo(last)
  if (error !== undefined) throw error
}

test("the first migration still makes what it made when it was released", async () => {
  const file = new SqliteFile(join(await temporaryFolder(), "first.db"))
  const [first] = Object.entries(migrations(sqliteColumns))
  const provider = { getMigrations: async () => Object.fromEntries(first ? [first] : []) }
  const db = new Kysely<unknown>({ dialect: new WaybillSqliteDialect(file, 0) })
  await new Migrator({ db, provider }).migrateToLatest()
  const schema = "select name, sql from sqlite_schema where sql is not null order by name"
  expect(file.execute(schema, []).rows).toEqual(run((old) => old.prepare(schema).all()))
  file.close()
})
