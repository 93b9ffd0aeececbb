import { Kysely } from "kysely"
import type { Database } from "./database.ts"
import { Patience } from "./patience.ts"
import type { Schema } from "./schema.ts"
import { SqlDatabase } from "./sql-database.ts"
import { SqliteChangeFeed } from "./sqlite-change-feed.ts"
import { SqliteFile } from "./sqlite-database.ts"
import { WaybillSqliteDialect } from "./sqlite-dialect.ts"
import { updateSchema } from "./sqlite-schema.ts"

/** In milliseconds. */
export const LOCK_TIMEOUT = 10_000

export interface SqliteOptions {
  /** How long opening, a change and a question each wait for other processes, in milliseconds. Default 10 s. */
  timeout?: number | undefined
}

/**
 * Opens a SQLite file, which is made for this user alone when it is missing; its folder must be there. Any number of
 * processes may have it open. Throws a `DatabaseError` that names the file.
 */
export async function openSqlite(
  path: string,
  { timeout = LOCK_TIMEOUT }: SqliteOptions = {},
): Promise<Database> {
  const file = new SqliteFile(path)
  try {
    const db = new Kysely<Schema>({ dialect: new WaybillSqliteDialect(file, timeout) })
    await updateSchema(file, db, new Patience(timeout))
    return new SqlDatabase(db, new SqliteChangeFeed(db, file))
  } catch (error) {
    file.close()
    throw error
  }
}
