import { ContentError } from "../../content/content-error.ts"
import { LayoutError } from "../layout-error.ts"

/** SQLite's result codes (sqlite.org/rescode.html). */
const SQLITE_PERM = 3
const SQLITE_BUSY = 5
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26
/** The bits of a code that say what kind it is. */
const PRIMARY = 0xff

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error ? Number(error.errcode) & PRIMARY : undefined
}

/** Whether another process is in the way at this moment. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === SQLITE_BUSY
}

/** What SQLite says of the catalog, as an error with a code of ours; anything else comes back as it is. */
export function explainSqlite(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const { message } = error as Error
  if (code === SQLITE_BUSY) {
    return new ContentError("CANNOT_LOCK", `${path} is in use by another process at this moment`, {
      hint: "try again",
      cause: error,
    })
  }
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new LayoutError("STORE_DAMAGED", `${path} is damaged: ${message}`, {
      hint: "put a copy of the whole store from a backup in its place",
      cause: error,
    })
  }
  if (code === SQLITE_FULL || code === SQLITE_IOERR) {
    const reason =
      code === SQLITE_FULL ? "the disk is full" : `${message} (full, or a limit on files, or failing)`
    return new LayoutError("NO_SPACE", `cannot write ${path}: ${reason}`, {
      hint: "free some space on that disk, then run the same command again: what is stored stays stored; collecting garbage needs a few megabytes to free more",
      cause: error,
    })
  }
  if (code === SQLITE_PERM || code === SQLITE_READONLY || code === SQLITE_CANTOPEN) {
    return new LayoutError("STORE_UNAVAILABLE", `cannot use ${path}: ${message}`, {
      hint: "check that the folder is there and that you may write in it",
      cause: error,
    })
  }
  return error
}
