/** SQLSTATE unique_violation, and SQLite's SQLITE_CONSTRAINT_UNIQUE (sqlite.org/rescode.html). */
const POSTGRES = "23505"
const SQLITE = 2067

/** Whether a change was refused because another row has what only one may have. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ("code" in error && error.code === POSTGRES) || ("errcode" in error && error.errcode === SQLITE)
}
