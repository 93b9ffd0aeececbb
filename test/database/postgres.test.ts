import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { Kysely, PostgresDialect, sql } from "kysely"
import { Migrator } from "kysely/migration"
import pg from "pg"
import { afterAll, expect, test } from "vitest"
import { printCursor } from "../../src/api/cursor.ts"
import { printNewRelease } from "../../src/api/release.ts"
import { connect } from "../../src/client/connect.ts"
import { postgresColumns } from "../../src/database/columns.ts"
import { migrations } from "../../src/database/migrations.ts"
import { checkPostgres, openPostgres } from "../../src/database/open-postgres.ts"
import { PostgresChangeFeed } from "../../src/database/postgres-change-feed.ts"
import { NamedPool } from "../../src/database/postgres-pool.ts"
import type { Schema } from "../../src/database/schema.ts"
import { systemClock } from "../../src/system-clock.ts"
import { describeAccessStore } from "../fleet/access-store-contract.ts"
import { describeChangeFeed, Told } from "../fleet/change-feed-contract.ts"
import { at } from "../fleet/contract/site.ts"
import { describeFleetStore } from "../fleet/fleet-store-contract.ts"
import { checkAgainstModel } from "../fleet/policy-property.ts"
import { sampleDevice } from "../fleet/sample-device.ts"
import { sampleFailure, sampleRelease } from "../fleet/sample-release.ts"
import { describeSessionStore } from "../fleet/session-store-contract.ts"
import { describeSilence } from "../fleet/silence-contract.ts"
import { describeUploadStore } from "../fleet/upload-store-contract.ts"
import { signIn } from "../support/browser.ts"
import { GUARDED, startPostgres } from "../support/postgres.ts"
import { runServer } from "../support/running-server.ts"
import { describeAuthenticator } from "./authenticator-contract.ts"
import { rest, startRecorder } from "./worker.ts"

const postgres = await startPostgres()
afterAll(() => postgres.stop())

const open = postgres.openEmpty

describeFleetStore("the fleets of a PostgreSQL database", open)
describeSilence("the silence of devices in a PostgreSQL database", open)
describeAccessStore("the access of a PostgreSQL database", open)
describeAuthenticator("a PostgreSQL database as a server asks it", open)
describeSessionStore("the sessions of a PostgreSQL database", open)
describeChangeFeed("the changes of a PostgreSQL database", async () => {
  const url = await postgres.createDatabase()
  return [await openPostgres(url), await openPostgres(url)]
})
describeUploadStore("the uploads that are passed on, in a PostgreSQL database", open)

test("whatever happens in whatever order, all fleets and devices in PostgreSQL are where policy says", async () => {
  const database = await open()
  await checkAgainstModel(database.fleets, 15)
  await database.close()
})

test("processes that record one version at once get every revision once, and none is lost", async () => {
  const url = await postgres.createDatabase()
  // They open the new database at once as well: the first makes the tables.
  const recorders = await Promise.all(["a", "b"].map((name) => startRecorder(url, name, 25, 3)))
  const database = await openPostgres(url)
  await database.fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, at)
  for (const recorder of recorders) recorder.begin()
  const revisions = (await Promise.all(recorders.map(({ lines }) => rest(lines)))).flat().map(Number)
  expect(revisions.toSorted((one, two) => one - two)).toEqual(Array.from({ length: 50 }, (_, at50) => at50))
  await database.close()
})

test("two servers on one database give parallel imports every revision once, and see the same", async () => {
  const database = await postgres.createDatabase()
  const first = await runServer({ database })
  const second = await runServer({ database })
  expect(second.token).toBe("")
  const sites = await Promise.all(
    [first, second].map(({ url }) => connect({ url, token: first.token, clock: systemClock })),
  )
  await sites[0]?.fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, at)
  const recordings = Array.from({ length: 20 }, async (_, number) => {
    const site = sites[number % 2]
    return (await site?.fleets.recordRelease("acme/edge", sampleRelease(`${number}`), at))?.release.revision
  })
  const revisions = (await Promise.all(recordings)).map(Number)
  expect(revisions.toSorted((one, two) => one - two)).toEqual(Array.from({ length: 20 }, (_, at20) => at20))
  const targets = await Promise.all(
    sites.map(async ({ fleets }) => (await fleets.getFleet("acme/edge")).target),
  )
  expect(targets[0]).toEqual(targets[1])
  await Promise.all(sites.map((site) => site.close()))
})

test("servers that open a new database at once all find it whole", async () => {
  const url = await postgres.createDatabase()
  const databases = await Promise.all(Array.from({ length: 6 }, () => openPostgres(url)))
  for (const { fleets } of databases) expect(await fleets.listFleets()).toEqual([])
  await Promise.all(databases.map((database) => database.close()))
})

test("what was answered is there when the server comes back, and the same store goes on", async () => {
  const database = await openPostgres(await postgres.createDatabase())
  await database.fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, at)
  await database.fleets.recordRelease("acme/edge", sampleRelease("a"), at)
  await postgres.restart()
  // The first to ask may get a connection whose end it is the first to notice.
  await database.ping().catch(() => undefined)
  expect(await database.fleets.listReleases("acme/edge")).toHaveLength(1)
  await database.close()
})

/** Records a release in a fleet that somebody else has locked, and gives the process at the server that waits for it. */
async function recordWhileLocked(signal?: AbortSignal) {
  const url = await postgres.createDatabase()
  const database = await openPostgres(url)
  await database.fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, at)
  const administrator = new pg.Client(url)
  await administrator.connect()
  await administrator.query("begin")
  await administrator.query("select * from fleets for update")
  const recording = database.fleets.recordRelease("acme/edge", sampleRelease("a"), { ...at, signal })
  // Whoever waits for it later hears of its failure.
  recording.catch(() => undefined)
  const waits =
    "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
  let blocked = await administrator.query(waits)
  while (blocked.rows.length === 0) blocked = await administrator.query(waits)
  return { url, database, administrator, recording, pid: blocked.rows[0].pid as number }
}

test("a connection that is taken away in the middle undoes the change, and says so", async () => {
  const { database, administrator, recording, pid } = await recordWhileLocked()
  await administrator.query("select pg_terminate_backend($1)", [pid])
  await expect(recording).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" })
  await administrator.end()
  expect(await database.fleets.listReleases("acme/edge")).toEqual([])
  await database.close()
})

test("a change that its caller gives up while it waits for another is not made later", async () => {
  const caller = new AbortController()
  const { url, database, administrator, recording } = await recordWhileLocked(caller.signal)
  caller.abort(new Error("nobody waits any more"))
  await expect(recording).rejects.toThrow("nobody waits any more")
  await administrator.query("commit")
  await administrator.end()
  await database.close()
  const again = await openPostgres(url)
  expect(await again.fleets.listReleases("acme/edge")).toEqual([])
  await again.close()
})

test("the largest id that a caller can name is not found, as any other", async () => {
  const database = await open()
  await database.fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, at)
  await expect(database.fleets.getRelease(Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
    code: "RELEASE_NOT_FOUND",
  })
  await database.close()
})

test.each([
  ["nobody listens there", { port: "1" }, "DATABASE_UNAVAILABLE", /nothing listens/],
  ["there is no such database", { pathname: "/none" }, "DATABASE_UNAVAILABLE", /not there/],
  [
    "the password is wrong",
    { username: GUARDED },
    "DATABASE_UNAVAILABLE",
    /refuses the user or the password/,
  ],
  [
    "a character of its password is bare",
    { href: "postgres://a:5432/hunter2@b/c" },
    "DATABASE_UNAVAILABLE",
    /not the URL/,
  ],
  ["it is of another kind", { href: "mysql://a:hunter2@b/c" }, "DATABASE_UNAVAILABLE", /not the URL/],
] as const)("a database is refused when %s, without its password", async (_, change, code, message) => {
  const url = new URL(await postgres.createDatabase())
  url.password = "hunter2"
  Object.assign(url, change)
  const error = await openPostgres(url.href).then(
    () => undefined,
    (reason: Error) => reason,
  )
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(error?.message).not.toContain("hunter2")
})

/** A message of the server (postgresql.org/docs/current/protocol-message-formats.html). */
function message(type: "E" | "R", body: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body, "latin1")])
}

test.each([
  ["that is refused", [message("E", "SFATAL\0C53300\0Mno\0\0")], /has no connection left/],
  [
    "that is asked for a password, and has none",
    [message("R", "\0\0\0\x0aSCRAM-SHA-256\0\0"), message("R", "\0\0\0\x0br=a,s=b,i=1")],
    /refuses the user or the password/,
  ],
] as const)("a connection %s is closed, also where the server leaves it open", async (_, answers, text) => {
  const closed = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    const left = [...answers]
    socket.on("data", () => socket.write(left.shift() ?? "")).once("close", () => closed.resolve())
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  await expect(openPostgres(`postgres://waybill@127.0.0.1:${port}/waybill`)).rejects.toMatchObject({
    message: expect.stringMatching(text),
  })
  await closed.promise
  server.close()
})

test.each([
  ["of another program", "create table customers (id integer)", "DATABASE_FOREIGN"],
  [
    "of a newer Waybill",
    "create table kysely_migration as select '0001-fleets-and-releases' as name union select '9999-later'",
    "DATABASE_TOO_NEW",
  ],
  // The first migration fails at it, with the lock of all migrations held.
  [
    "with a table in the way",
    "create table kysely_migration (name text primary key, timestamp text); create table fleets ()",
    "42P07",
  ],
])("a database %s that cannot be opened has no connection left", async (_, sql, code) => {
  const url = await postgres.createDatabase()
  const client = new pg.Client(url)
  await client.connect()
  await client.query(sql)
  await expect(openPostgres(url)).rejects.toMatchObject({ code })
  const others =
    "select pid from pg_stat_activity where datname = current_database() and pid != pg_backend_pid()"
  // The server notices that a connection was closed when it next looks at it.
  while ((await client.query(others)).rows.length > 0);
  await client.end()
})

test("who only looks makes no tables, and is told whether they are up to date", async () => {
  const url = await postgres.createDatabase()
  expect(await checkPostgres(url)).toBe(false)
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query("select tablename from pg_tables where schemaname = current_schema()")
  await client.end()
  expect(rows).toEqual([])
  await (await openPostgres(url)).close()
  expect(await checkPostgres(url)).toBe(true)
})

test("the database of another program is left alone", async () => {
  const url = await postgres.createDatabase()
  const client = new pg.Client(url)
  await client.connect()
  await client.query("create table customers (id integer)")
  await expect(openPostgres(url)).rejects.toMatchObject({ code: "DATABASE_FOREIGN" })
  const { rows } = await client.query("select tablename from pg_tables where schemaname = 'public'")
  expect(rows).toEqual([{ tablename: "customers" }])
  await client.end()
})

test.each([
  ["as it was released", sql`select 1`],
  [
    "in which organizations had their own uuids already",
    sql`alter table devices drop constraint devices_uuid_key,
      add constraint devices_one_of_a_uuid unique (uuid, organization_id)`,
  ],
])(
  "in a database of version 3, %s, two organizations can have devices of one uuid from then on",
  async (_, change) => {
    const url = await postgres.createDatabase()
    const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new NamedPool(url) }) })
    const provider = { getMigrations: async () => migrations(postgresColumns) }
    const { error } = await new Migrator({ db, provider }).migrateTo("0003-public-fleets")
    expect(error).toBeUndefined()
    await change.execute(db)
    await db.destroy()
    const database = await openPostgres(url)
    const store = database.fleets
    for (const slug of ["acme/edge", "site/edge"] as const) await store.createFleet({ slug }, at)
    await store.registerDevice("acme/edge", sampleDevice(1), at)
    const other = { ...sampleDevice(2), uuid: sampleDevice(1).uuid }
    await store.registerDevice("site/edge", other, at)
    await expect(
      store.registerDevice("site/edge", { ...sampleDevice(3), uuid: other.uuid }, at),
    ).rejects.toMatchObject({ code: "DEVICE_EXISTS" })
    expect(await store.listDevices()).toHaveLength(2)
    await database.close()
  },
)

test("a database made before there were public fleets opens, and none of its fleets is public until that is said", async () => {
  const url = await postgres.createDatabase()
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new NamedPool(url) }) })
  const provider = { getMigrations: async () => migrations(postgresColumns) }
  const { error } = await new Migrator({ db, provider }).migrateTo("0002-policy-devices-and-tokens")
  expect(error).toBeUndefined()
  await sql`insert into organizations (name, created_at) values ('acme', '2026-01-02T03:04:05.678Z')`.execute(
    db,
  )
  const make = (slug: string) =>
    sql`insert into fleets (organization_id, slug, class, created_at)
      values (1, ${slug}, 'app', '2026-01-02T03:04:05.678Z')`.execute(db)
  await make("acme/edge")

  const database = await openPostgres(url)
  const fleet = await database.fleets.getFleet("acme/edge")
  expect(fleet).toMatchObject({ class: "app", isPublic: false })
  expect(await database.fleets.setPublic("acme/edge", true, at)).toEqual({
    ...fleet,
    isPublic: true,
    generation: 1,
  })
  await database.close()
  // A server of before goes on beside it until it is stopped: what it makes is not public.
  await make("acme/dock")
  await db.destroy()
  const again = await openPostgres(url)
  expect((await again.fleets.listFleets()).map(({ slug, isPublic }) => [slug, isPublic])).toEqual([
    ["acme/dock", false],
    ["acme/edge", true],
  ])
  await again.close()
})

test("the database of a newer Waybill is refused", async () => {
  const url = await postgres.createDatabase()
  await (await openPostgres(url)).close()
  const client = new pg.Client(url)
  await client.connect()
  await client.query("insert into kysely_migration (name, timestamp) values ('9999-later', '')")
  await client.end()
  await expect(openPostgres(url)).rejects.toMatchObject({
    code: "DATABASE_TOO_NEW",
    message: expect.stringContaining("9999-later"),
  })
})

test("a NUL, which PostgreSQL takes nowhere, is the fault of whoever sends it", async () => {
  const server = await runServer({ database: await postgres.createDatabase() })
  const { fleets, change } = server.home
  await fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change())
  const failure = printNewRelease(sampleFailure("a", { failureReason: "a\0b" }), {})
  const { mediaType: _, ...index } = sampleRelease("a").index
  const success = printNewRelease(sampleRelease("a", { index: { ...index, mediaType: "a\0b" } }), {})
  const requests: [path: string, body?: unknown][] = [
    ["fleets?organization=%00"],
    [`fleets?cursor=${printCursor("acme\0")}`],
    ["devices?organization=%00"],
    ["tokens?organization=%00"],
    ["fleets/acme/edge/releases?version=%00"],
    ["fleets/acme/edge/releases", failure],
    ["fleets/acme/edge/releases", success],
    ["tokens", { name: "a", organization: "\0", role: "viewer" }],
  ]
  for (const [path, body] of requests) {
    const answer = await fetch(`${server.url}/api/v1/${path}`, {
      headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    })
    expect([path, answer.status, await answer.json()]).toMatchObject([path, 400, { code: "INVALID_REQUEST" }])
  }
})

test("whoever hears of changes hears after a restart of PostgreSQL that anything may have changed, and goes on", async () => {
  const database = await openPostgres(await postgres.createDatabase())
  await database.fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, at)
  const told = new Told()
  const stop = await database.changes.listen(told.hear)
  await postgres.restart()
  await told.until("all")
  expect(told.changes).toEqual([{ kind: "access" }, { kind: "all" }])
  // The first to ask may get a connection whose end it is the first to notice.
  await database.ping().catch(() => undefined)
  await database.fleets.setPublic("acme/edge", true, at)
  await told.until("fleet", "acme/edge")
  stop()
  await database.close()
})

test("what anybody else says where changes are told is taken for anything, and the server goes on", async () => {
  const url = await postgres.createDatabase()
  const database = await openPostgres(url)
  const told = new Told()
  const stop = await database.changes.listen(told.hear)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const text of ["acme fleet.create", "a/b/c report", "report", "acme/edge fleet.eat"]) {
    await client.query("select pg_notify('waybill_changes', $1)", [text])
    await told.until("all")
    expect(told.changes.splice(0)).toEqual([{ kind: "all" }])
  }
  await client.end()
  stop()
  await database.close()
})

test("who cannot listen is told which database is away, and no password", async () => {
  const url = "postgres://waybill:of-nobody-else@127.0.0.1:1/none"
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new NamedPool(url) }) })
  const error: unknown = await new PostgresChangeFeed(db, url)
    .listen(() => undefined)
    .catch((e: unknown) => e)
  expect(error).toMatchObject({
    code: "DATABASE_UNAVAILABLE",
    message: "the database 127.0.0.1:1/none cannot be reached: nothing listens there",
  })
  await db.destroy()
})

test("a page hears of what is done on another server of the database, and signs out with it", async () => {
  const database = await postgres.createDatabase()
  const first = await runServer({ database })
  const second = await runServer({ database })
  await first.home.fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, at)
  const { cookie } = await signIn(first.url, { secret: first.token })
  const answer = await fetch(`${second.url}/api/v1/changes`, { headers: { cookie } })
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ""
  const read = async () => {
    const { value, done } = await reader.read()
    text += decoder.decode(value)
    return done
  }
  await read()
  await first.home.fleets.registerDevice("acme/edge", sampleDevice(1), at)
  while (!text.includes("data:")) await read()
  expect(text).toContain('data: {"fleet":"acme/edge","of":["devices","history"]}\n\n')
  const headers = { cookie, "sec-fetch-site": "same-origin" }
  expect((await fetch(`${first.url}/api/v1/session`, { method: "DELETE", headers })).status).toBe(204)
  while (!(await read()));
})
