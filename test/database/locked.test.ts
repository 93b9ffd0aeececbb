import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setImmediate } from "node:timers/promises"
import { Kysely } from "kysely"
import { beforeEach, describe, expect, onTestFinished, test } from "vitest"
import type { Database } from "../../src/database/database.ts"
import { DatabaseError } from "../../src/database/database-error.ts"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import type { Schema } from "../../src/database/schema.ts"
import { SqlDatabase } from "../../src/database/sql-database.ts"
import { SqliteChangeFeed } from "../../src/database/sqlite-change-feed.ts"
import { SqliteFile } from "../../src/database/sqlite-database.ts"
import { WaybillSqliteDialect } from "../../src/database/sqlite-dialect.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"
import { lockElsewhere } from "./lock-holder.ts"
import { startRecorder } from "./worker.ts"

const OLD = await readFile(new URL("../../fixtures/database/version-1.sql", import.meta.url).pathname, "utf8")
const at = { now: new Date("2026-02-03T04:05:06Z"), actor: "tester" }
/** Longer than any test here. */
const LONG = 100_000
let path: string

beforeEach(async () => {
  path = join(await temporaryFolder(), "waybill.db")
})

async function open(timeout?: number): Promise<Database> {
  const database = await openSqlite(path, { timeout })
  onTestFinished(() => database.close())
  return database
}

/** What became of a promise while the event loop went round some times. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  let state = "waiting"
  const note = (now: string) => () => {
    state = now
  }
  promise.then(note("done"), note("failed"))
  for (let round = 0; round < 100; round++) await setImmediate()
  return state
}

describe("while another process writes", () => {
  test("a change waits, everything else in the process goes on, and it is made when the other is done", async () => {
    const database = await open(LONG)
    const store = database.fleets
    await store.createFleet({ slug: "acme/edge" }, at)
    const holder = await lockElsewhere(path)
    const recording = store.recordRelease("acme/edge", sampleRelease("a"), at)
    expect(await stateOf(recording)).toBe("waiting")
    expect(await store.listReleases("acme/edge")).toEqual([])
    await database.ping()
    expect(await stateOf(recording)).toBe("waiting")
    await holder.letGo()
    expect(await recording).toMatchObject({ release: { revision: 0 } })
  })

  test("changes are made in the order in which they came", async () => {
    const { fleets: store } = await open(LONG)
    await store.createFleet({ slug: "acme/edge" }, at)
    const holder = await lockElsewhere(path)
    const seeds = ["a", "b", "c", "d", "e"]
    const recordings = seeds.map((seed) => store.recordRelease("acme/edge", sampleRelease(seed), at))
    expect(await stateOf(Promise.race(recordings))).toBe("waiting")
    await holder.letGo()
    expect((await Promise.all(recordings)).map(({ release }) => release.revision)).toEqual([0, 1, 2, 3, 4])
  })

  test("all changes that waited for too long are refused, and nothing of them is made later", async () => {
    const { fleets: store } = await open(50)
    await store.createFleet({ slug: "acme/edge" }, at)
    const holder = await lockElsewhere(path)
    const recordings = ["a", "b", "c"].map((seed) =>
      store.recordRelease("acme/edge", sampleRelease(seed), at).catch((error: unknown) => error),
    )
    for (const error of await Promise.all(recordings)) {
      expect(error).toBeInstanceOf(DatabaseError)
      expect(error).toMatchObject({
        code: "DATABASE_BUSY",
        message: `the database ${path} is in use by another process for too long`,
        hint: expect.stringContaining("try again"),
      })
    }
    await holder.letGo()
    expect(await store.listReleases("acme/edge")).toEqual([])
    expect((await store.recordRelease("acme/edge", sampleRelease("d"), at)).release).toMatchObject({
      revision: 0,
    })
  })

  test("a change that its caller gives up says so at once, and is not made later", async () => {
    const { fleets: store } = await open(LONG)
    await store.createFleet({ slug: "acme/edge" }, at)
    const holder = await lockElsewhere(path)
    const stop = new AbortController()
    const recording = store.recordRelease("acme/edge", sampleRelease("a"), { ...at, signal: stop.signal })
    expect(await stateOf(recording)).toBe("waiting")
    stop.abort(new Error("given up"))
    await expect(recording).rejects.toThrow("given up")
    await holder.letGo()
    expect((await store.recordRelease("acme/edge", sampleRelease("b"), at)).release).toMatchObject({
      revision: 0,
    })
    expect(await store.listReleases("acme/edge")).toHaveLength(1)
  })

  test.each([
    ["begin immediate", "a new file", ""],
    ["begin exclusive", "a new file", ""],
    ["begin immediate", "a file of an older Waybill", OLD],
    ["begin exclusive", "a file of an older Waybill", OLD],
  ] as const)("with %s, opening %s waits, and nothing else does", async (begin, _, content) => {
    const file = new DatabaseSync(path)
    file.exec(content)
    file.close()
    const holder = await lockElsewhere(path, begin)
    const refused = openSqlite(path, { timeout: 20 })
    await expect(refused).rejects.toMatchObject({
      code: "DATABASE_BUSY",
      message: expect.stringContaining(path),
    })
    const opening = open(LONG)
    expect(await stateOf(opening)).toBe("waiting")
    await holder.letGo()
    expect(await (await opening).fleets.listFleets()).toHaveLength(content === "" ? 0 : 3)
  })

  test("a question that has to wait for it waits, and nothing else does", async () => {
    const first = await openSqlite(path)
    await first.fleets.createFleet({ slug: "acme/edge" }, at)
    await first.close()
    // With a log of this kind, readers wait for writers, as they do in the other while it is repaired after a crash.
    const file = new DatabaseSync(path)
    file.exec("pragma journal_mode = delete")
    file.close()
    const opened = new SqliteFile(path)
    const db = new Kysely<Schema>({ dialect: new WaybillSqliteDialect(opened, LONG) })
    const database = new SqlDatabase(db, new SqliteChangeFeed(db, opened))
    const holder = await lockElsewhere(path, "begin exclusive")
    const listing = database.fleets.listFleets()
    expect(await stateOf(listing)).toBe("waiting")
    await holder.letGo()
    expect(await listing).toMatchObject([{ slug: "acme/edge" }])
    await database.close()
  })
})

describe("while this process makes a change", () => {
  /** A database with `acme/edge`, and a change of that which is under way until it is told to end. */
  async function openChanging(timeout: number) {
    await (await open()).fleets.createFleet({ slug: "acme/edge" }, at)
    const file = new SqliteFile(path)
    const db = new Kysely<Schema>({ dialect: new WaybillSqliteDialect(file, timeout) })
    const database = new SqlDatabase(db, new SqliteChangeFeed(db, file))
    onTestFinished(() => database.close())
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const changing = db.transaction().execute(async (trx) => {
      await trx.updateTable("fleets").set({ class: "app" }).execute()
      begun.resolve()
      await end.promise
    })
    await begun.promise
    const finish = async () => {
      end.resolve()
      await changing
    }
    return { database, finish }
  }

  test("questions are answered meanwhile, with what was there before, and with what is there after", async () => {
    const { database, finish } = await openChanging(LONG)
    expect(await database.fleets.listFleets()).toMatchObject([{ slug: "acme/edge", class: "fleet" }])
    expect(await database.access.authenticate("0".repeat(64))).toBeUndefined()
    await database.ping()
    await finish()
    expect(await database.fleets.listFleets()).toMatchObject([{ slug: "acme/edge", class: "app" }])
  })

  test("another change waits, and says for what when that takes too long", async () => {
    const { database, finish } = await openChanging(20)
    await expect(database.fleets.createFleet({ slug: "acme/dock" }, at)).rejects.toMatchObject({
      code: "DATABASE_BUSY",
      message: `the database ${path} is taken by another change of this process for too long`,
      hint: expect.stringContaining("try again"),
    })
    await finish()
    await database.fleets.createFleet({ slug: "acme/dock" }, at)
    expect(await database.fleets.listFleets()).toHaveLength(2)
  })
})

test("a change gets in between those of processes that make one after the other", async () => {
  const { fleets: store } = await open()
  await store.createFleet({ slug: "acme/edge" }, at)
  await store.createFleet({ slug: "site/edge" }, at)
  const recorders = await Promise.all(["a", "b", "c"].map((name) => startRecorder(path, name, 1_000_000, 20)))
  for (const recorder of recorders) {
    recorder.begin()
    await recorder.lines.next()
  }
  for (let round = 0; round < 20; round++) await store.setPublic("site/edge", round % 2 === 0, at)
  const { length } = await store.listReleases("acme/edge")
  expect(length).toBeGreaterThan(3)
  await Promise.all(recorders.map((recorder) => recorder.kill()))
})
