import { Kysely, PostgresDialect, sql } from "kysely"
import { Migrator } from "kysely/migration"
import { postgresColumns } from "./columns.ts"
import type { Database } from "./database.ts"
import { DatabaseError } from "./database-error.ts"
import { migrations } from "./migrations.ts"
import { PostgresChangeFeed } from "./postgres-change-feed.ts"
import { NamedPool } from "./postgres-pool.ts"
import type { Schema } from "./schema.ts"
import { SqlDatabase } from "./sql-database.ts"

/** Held while the schema is looked at and changed: any number, the same in every Waybill ("WYBL"). */
const LOCK = 0x5759424c

/**
 * Opens a PostgreSQL database, `postgres://user:password@host:port/database`, and brings its schema up to date. Any
 * number of servers may work on it at once. Throws a `DatabaseError` that names host and database.
 */
export async function openPostgres(url: string): Promise<Database> {
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new NamedPool(url) }) })
  try {
    await updateSchema(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return new SqlDatabase(db, new PostgresChangeFeed(db, url))
}

/** Asks a PostgreSQL database whether its schema is up to date, and changes nothing. Throws what opening it throws. */
export async function checkPostgres(url: string): Promise<boolean> {
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: new NamedPool(url) }) })
  try {
    return await isUpToDate(db, Object.keys(migrations(postgresColumns)))
  } finally {
    await db.destroy()
  }
}

async function updateSchema(db: Kysely<Schema>): Promise<void> {
  const known = migrations(postgresColumns)
  if (await isUpToDate(db, Object.keys(known))) return
  // Servers that start at once take turns; the second finds nothing left to do.
  await db.connection().execute(async (holder) => {
    await sql`select pg_advisory_lock(${LOCK})`.execute(holder)
    try {
      if (await isUpToDate(db, Object.keys(known))) return
      const provider = { getMigrations: async () => known }
      const { error } = await new Migrator({ db, provider }).migrateToLatest()
      if (error !== undefined) throw error
    } finally {
      await sql`select pg_advisory_unlock(${LOCK})`.execute(holder)
    }
  })
}

/** Throws `DATABASE_TOO_NEW` for a newer Waybill's database and `DATABASE_FOREIGN` for another program's. */
async function isUpToDate(db: Kysely<Schema>, known: readonly string[]): Promise<boolean> {
  const done = await findMigrations(db)
  if (done === undefined) return false
  const unknown = done.filter((name) => !known.includes(name))
  if (done.length === 0 || unknown.length === 0) return done.length === known.length
  if (!known.some((name) => done.includes(name))) throw foreign()
  throw new DatabaseError(
    "DATABASE_TOO_NEW",
    `the database was made by a newer Waybill: this one does not know ${unknown.join(", ")}`,
    { hint: "use the newer Waybill, here and everywhere this database is used" },
  )
}

/**
 * The migrations that a database has gone through; `undefined` for one that is empty. Tables of users that this one
 * may not read count; views do not, for extensions put theirs into every database of a server.
 */
async function findMigrations(db: Kysely<Schema>): Promise<string[] | undefined> {
  const tables = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = current_schema()`.execute(db)
  if (tables.rows.length === 0) return undefined
  if (!tables.rows.some(({ name }) => name === "kysely_migration")) throw foreign()
  const done = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return done.rows.map(({ name }) => name)
}

function foreign(): DatabaseError {
  return new DatabaseError("DATABASE_FOREIGN", "the database holds tables of another program", {
    hint: "make one for Waybill alone: createdb waybill",
  })
}
