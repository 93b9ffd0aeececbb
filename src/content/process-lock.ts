import { accessSync, constants } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { reasonOf } from "../errors/reason.ts"
import { ContentError } from "./content-error.ts"
import type { OperationOptions } from "./interfaces.ts"
import { type LockPatience, waitForLock } from "./lock-wait.ts"
import { ensurePrivateFile } from "./private-file.ts"

const SQLITE_BUSY = 5

/**
 * A lock that one holder at a time has, in all processes of a machine and all its containers. It is SQLite's own lock of
 * an empty database, which the kernel releases when the process dies in any way: nothing is left to clean up but the file.
 */
export class ProcessLock {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Takes the lock of this file, which is made where it is missing; `undefined` while another has it. Throws `CANNOT_LOCK`. */
  static tryTake(path: string): ProcessLock | undefined {
    const database = open(path)
    try {
      // Otherwise SQLite puts a journal beside the file, which a killed process would leave there.
      database.exec("pragma journal_mode = memory; begin exclusive")
      return new ProcessLock(database)
    } catch (error) {
      database.close()
      if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return undefined
      throw cannotLock(path, error)
    }
  }

  release(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

/**
 * Runs `work` while no other process or caller does so under the same lock file.
 * Throws `CANNOT_LOCK` where the file cannot be made or locked, and when it takes too long.
 */
export async function withProcessLock<Result>(
  path: string,
  options: LockPatience & OperationOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  using _ = await waitForLock(path, options, () => ProcessLock.tryTake(path))
  return await work()
}

function open(path: string): DatabaseSync {
  try {
    ensurePrivateFile(path)
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw cannotLock(path, error)
  }
}

function cannotLock(path: string, cause: unknown): ContentError {
  return new ContentError("CANNOT_LOCK", `cannot lock ${path}: ${whyNotLocked(path, cause)}`, {
    cause,
    hint: "check that the folder is there and that you may write in it",
  })
}

/** SQLite only says that it cannot open the file. */
function whyNotLocked(path: string, cause: unknown): string {
  try {
    accessSync(dirname(path), constants.W_OK)
    const isSqlite = cause instanceof Error && "errcode" in cause
    return isSqlite ? "no file can be made and locked there" : reasonOf(cause)
  } catch (error) {
    return reasonOf(error)
  }
}
