import { Kysely, SqliteDialect } from "kysely"
import type { FleetStore } from "../fleet/fleet-store.ts"
import type { Schema } from "./schema.ts"
import { SqlFleetStore } from "./sql-fleet-store.ts"
import { SqliteFile } from "./sqlite-database.ts"
import { updateSchema } from "./sqlite-schema.ts"

/**
 * Opens the fleets kept in a SQLite file, which is made when it is missing; its folder must be there. Any number of
 * processes may have it open. Throws a `DatabaseError` that names the file.
 */
export async function openSqliteStore(path: string): Promise<FleetStore> {
  const file = new SqliteFile(path)
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: file }) })
  try {
    await updateSchema(file, db)
  } catch (error) {
    file.close()
    throw error
  }
  return new SqlFleetStore(db)
}
