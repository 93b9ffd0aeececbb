import { Kysely, SqliteDialect } from "kysely"
import type { Database } from "./database.ts"
import type { Schema } from "./schema.ts"
import { SqlDatabase } from "./sql-database.ts"
import { SqliteFile } from "./sqlite-database.ts"
import { updateSchema } from "./sqlite-schema.ts"

/**
 * Opens a SQLite file, which is made when it is missing; its folder must be there. Any number of processes may have
 * it open. Throws a `DatabaseError` that names the file.
 */
export async function openSqlite(path: string): Promise<Database> {
  const file = new SqliteFile(path)
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: file }) })
  try {
    await updateSchema(file, db)
  } catch (error) {
    file.close()
    throw error
  }
  return new SqlDatabase(db)
}
