import type { Kysely } from "kysely"
import { sqliteColumns } from "./columns.ts"
import { DatabaseError } from "./database-error.ts"
import { type Patience, untilFree } from "./patience.ts"
import { SCHEMA_VERSION, type Schema } from "./schema.ts"
import type { SqliteFile } from "./sqlite-database.ts"

/** Marks the file as Waybill's (sqlite.org/pragma.html#pragma_application_id): "WYBL". */
const APPLICATION_ID = 0x5759424c

/**
 * Brings the schema up to date. Where it is, one query has told; else one process migrates while others wait, in
 * one transaction, so that no process ever sees a half. After an error the file is to be closed, which undoes it.
 * Throws `DATABASE_TOO_NEW` for a newer Waybill's file and `DATABASE_FOREIGN` for another program's.
 */
export async function updateSchema(file: SqliteFile, db: Kysely<Schema>, patience: Patience): Promise<void> {
  if (await untilFree(patience, () => isUpToDate(file))) return
  await untilFree(patience, () => file.exec("pragma journal_mode = wal"))
  await untilFree(patience, () => file.exec("begin immediate"))
  if (!isUpToDate(file)) await migrate(file, db)
  await untilFree(patience, () => file.exec("commit"))
}

async function migrate(file: SqliteFile, db: Kysely<Schema>): Promise<void> {
  const { Migrator } = await import("kysely/migration")
  const { migrations } = await import("./migrations.ts")
  const provider = { getMigrations: async () => migrations(sqliteColumns) }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw error
  file.exec(`pragma application_id = ${APPLICATION_ID}`)
  file.exec(`pragma user_version = ${SCHEMA_VERSION}`)
}

/** Throws `DATABASE_TOO_NEW` and `DATABASE_FOREIGN`: see `updateSchema`. */
export function isUpToDate(file: SqliteFile): boolean {
  const { application, version, tables } = file.get(`
    select application_id as application, user_version as version, (select count(*) from sqlite_schema) as tables
    from pragma_application_id, pragma_user_version`)
  if (application !== APPLICATION_ID) {
    if (application === 0 && tables === 0) return false
    throw new DatabaseError("DATABASE_FOREIGN", `${file.path} is the database of another program`, {
      hint: "choose another place",
    })
  }
  if (Number(version) > SCHEMA_VERSION) {
    throw new DatabaseError(
      "DATABASE_TOO_NEW",
      `the database ${file.path} has version ${version}, made by a newer Waybill; this one knows ${SCHEMA_VERSION}`,
      { hint: "use the newer Waybill, here and everywhere this database is used" },
    )
  }
  return version === SCHEMA_VERSION
}
