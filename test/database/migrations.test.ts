import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import {
  DummyDriver,
  Kysely,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely"
import { Migrator } from "kysely/migration"
import { beforeEach, describe, expect, test } from "vitest"
import { postgresColumns, sqliteColumns } from "../../src/database/columns.ts"
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
    const { release: next } = await store.recordRelease("acme/edge", sampleRelease("f"), at)
    expect(next.revision).toBe(3)
    expect((await store.getTarget(uuidOf(1))).release?.id).toBe(next.id)
    const [, , , , , oldest] = await store.listReleases("acme/edge")
    expect((await store.pinFleet("acme/edge", oldest?.id ?? 0, at)).fleet).toMatchObject({ generation: 2 })
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

const VERSION_3 = await readFile(
  new URL("../../fixtures/database/version-3.sql", import.meta.url).pathname,
  "utf8",
)

describe.each([
  ["as it was released", VERSION_3],
  [
    "in which organizations had their own uuids already",
    VERSION_3.replace('"uuid" text not null unique', '"uuid" text not null').replace(
      /(create table "devices" .*)\);$/im,
      '$1, constraint "devices_one_of_a_uuid" unique ("uuid", "organization_id"));',
    ),
  ],
])("a home of version 3, %s", (_, version3) => {
  beforeEach(async () => {
    path = join(await temporaryFolder(), "third.db")
    run((file) => file.exec(version3))
  })

  test("keeps its devices, and two organizations can have devices of one uuid from then on", async () => {
    const database = await openSqlite(path)
    const store = database.fleets
    const [roof, other] = await store.listDevices()
    expect(roof).toMatchObject({ id: 1, uuid: uuidOf(1), name: "roof", generation: 3, pin: { id: 1 } })
    expect(roof).toMatchObject({ current: { id: 1 }, reportedAt: "2026-01-02T03:04:05.678Z" })
    expect(other).toMatchObject({ id: 2, uuid: uuidOf(2), fleet: "site/edge", name: null, pin: null })
    expect(await database.access.authenticate("b".repeat(64))).toMatchObject({ uuid: uuidOf(2) })
    // The id of the device that was removed is not given again.
    expect(await store.registerDevice("site/edge", sampleDevice(1), at)).toMatchObject({ id: 6 })
    await expect(
      store.registerDevice("site/edge", { ...sampleDevice(2), uuid: uuidOf(1) }, at),
    ).rejects.toMatchObject({ code: "DEVICE_EXISTS" })
    await database.close()
    expect(versionOf()).toEqual({ user_version: SCHEMA_VERSION })
  })

  test("has the very tables then that a new one has, and all that refers to something still does", async () => {
    await (await openSqlite(path)).close()
    const found = run((file) => {
      expect(file.prepare("pragma foreign_key_check").all()).toEqual([])
      expect(() => file.exec("delete from releases")).toThrow("FOREIGN KEY constraint failed")
      return file.prepare(SCHEMA).all()
    })
    path = join(await temporaryFolder(), "new.db")
    await (await openSqlite(path)).close()
    expect(found).toEqual(run((file) => file.prepare(SCHEMA).all()))
  })
})

const SCHEMA = "select name, sql from sqlite_schema where sql is not null order by name"

test.each([
  ["0001-fleets-and-releases", OLD],
  ["0003-public-fleets", VERSION_3],
])("the migrations up to %s still make what they made when they were released", async (last, fixture) => {
  const file = new SqliteFile(join(await temporaryFolder(), "fresh.db"))
  await migrateTo(new Kysely<Schema>({ dialect: new WaybillSqliteDialect(file, 0) }), last)
  path = join(await temporaryFolder(), "released.db")
  run((old) => old.exec(fixture))
  expect(file.execute(SCHEMA, []).rows).toEqual(run((old) => old.prepare(SCHEMA).all()))
  file.close()
})

test.each([
  ["sqlite", sqliteColumns, () => new SqliteQueryCompiler()],
  ["postgres", postgresColumns, () => new PostgresQueryCompiler()],
])(
  "no migration is edited: on %s each says what it said when it was released",
  async (name, columns, compiler) => {
    let text = ""
    const db = new Kysely<unknown>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (of) => new SqliteIntrospector(of),
        createQueryCompiler: compiler,
      },
      log: ({ query }) => {
        text += `${query.sql.trim()};\n`
      },
    })
    for (const [migration, { up }] of Object.entries(migrations(columns))) {
      text += `-- ${migration}\n`
      await up(db)
    }
    const { pathname } = new URL(`../../fixtures/database/migrations-${name}.sql`, import.meta.url)
    await expect(text).toMatchFileSnapshot(pathname)
  },
)
