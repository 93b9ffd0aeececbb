import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import { LayoutError } from "./layout-error.ts"

const SQLITE_BUSY = 5
const RETRY_MILLISECONDS = 10

/**
 * Runs `work` while no other process or caller does so under the same lock file. The lock is SQLite's own lock of
 * an empty database, which the kernel releases when the process dies in any way: nothing is left to clean up.
 * Nothing else may open the file, since closing it would drop the lock (fcntl locks belong to the process).
 * Throws `CANNOT_LOCK` where the file cannot be made or locked.
 */
export async function withProcessLock<Result>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted()
  const database = openLock(path)
  try {
    while (!tryLock(database, path)) {
      await setTimeout(RETRY_MILLISECONDS)
      signal?.throwIfAborted()
    }
    return await work()
  } finally {
    database.close()
  }
}

function openLock(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw cannotLock(path, error)
  }
}

function tryLock(database: DatabaseSync, path: string): boolean {
  try {
    // Otherwise SQLite puts a journal beside the file, which a killed process would leave there.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE")
    return true
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return false
    throw cannotLock(path, error)
  }
}

function cannotLock(path: string, cause: unknown): LayoutError {
  return new LayoutError("CANNOT_LOCK", `cannot lock ${path}: ${(cause as Error).message}`, {
    cause,
    hint: "check that the folder is there and that you may write in it",
  })
}
