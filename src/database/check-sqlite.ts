import { DatabaseError } from "./database-error.ts"
import type { SqliteOptions } from "./open-sqlite.ts"
import { LOCK_TIMEOUT } from "./open-sqlite.ts"
import { Patience, untilFree } from "./patience.ts"
import { SqliteFile } from "./sqlite-database.ts"
import { isUpToDate } from "./sqlite-schema.ts"

/**
 * Reads a SQLite file that is there, and changes nothing in it. Says whether its schema is up to date. Throws what opening
 * it throws, and `DATABASE_DAMAGED` where its pages do not fit together.
 */
export async function checkSqlite(
  path: string,
  { timeout = LOCK_TIMEOUT }: SqliteOptions = {},
): Promise<boolean> {
  const file = new SqliteFile(path)
  try {
    return await untilFree(new Patience(timeout), () => {
      const isCurrent = isUpToDate(file)
      const { quick_check: verdict } = file.get("pragma quick_check(1)")
      if (verdict === "ok") return isCurrent
      throw new DatabaseError("DATABASE_DAMAGED", `the database ${path} is damaged: ${verdict}`, {
        hint: "put a copy of the file from a backup in its place",
      })
    })
  } finally {
    file.close()
  }
}
