import { resolve } from "node:path"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import type { SqliteDatabase, SqliteStatement } from "kysely"
import { DatabaseError, type DatabaseErrorCode } from "./database-error.ts"

const BUSY_TIMEOUT = 10_000

/** A SQLite file, as Kysely's dialect wants it. Every error names the file. */
export class SqliteFile implements SqliteDatabase {
  readonly path: string
  readonly #database: DatabaseSync

  /**
   * Opens the file or makes it; its folder must be there. `timeout` is how long a call waits for other processes to
   * finish their writing, in milliseconds. Default 10 s.
   */
  constructor(path: string, timeout: number = BUSY_TIMEOUT) {
    this.path = resolve(path)
    this.#database = this.#named(
      () => new DatabaseSync(this.path, { timeout, enableForeignKeyConstraints: true }),
    )
  }

  /**
   * A transaction that begins by reading cannot write once another process has written (SQLITE_BUSY_SNAPSHOT), and
   * no waiting helps it: so every transaction begins as a writer.
   */
  prepare(sql: string): SqliteStatement {
    const statement = this.#named(() => this.#database.prepare(sql === "begin" ? "begin immediate" : sql))
    const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[]
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => this.#named(() => statement.all(...values(parameters))),
      run: (parameters) => {
        // A full disk has ended the transaction already; a second error would hide the first.
        if (sql === "rollback" && !this.#database.isTransaction) return { changes: 0, lastInsertRowid: 0 }
        return this.#named(() => statement.run(...values(parameters)))
      },
      iterate: (parameters) => this.#named(() => statement.iterate(...values(parameters))),
    }
  }

  exec(sql: string): void {
    this.#named(() => this.#database.exec(sql))
  }

  /** Reads one row of numbers and texts. */
  get(sql: string): Record<string, unknown> {
    return this.#named(() => this.#database.prepare(sql).get() ?? {})
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #named<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw explain(error, this.path)
    }
  }
}

/** By primary result code (sqlite.org/rescode.html). */
const EXPLANATIONS: Readonly<Record<number, [DatabaseErrorCode, string, string]>> = {
  3: ["DATABASE_UNAVAILABLE", "may not be read", "check the permissions of the file and of its folder"],
  5: ["DATABASE_BUSY", "is in use by another process for too long", "run the command again"],
  6: ["DATABASE_BUSY", "is in use by another process for too long", "run the command again"],
  8: ["DATABASE_UNAVAILABLE", "may not be written", "check the permissions of the file and of its folder"],
  10: ["DATABASE_UNAVAILABLE", "could not be read or written", "check whether the disk is full, or fails"],
  11: ["DATABASE_DAMAGED", "is damaged", "put a copy of the file from a backup in its place"],
  13: ["DATABASE_FULL", "cannot grow: the disk is full", "free some space on that disk"],
  14: ["DATABASE_UNAVAILABLE", "cannot be opened", "check the path and the permissions of its folder"],
  26: ["DATABASE_DAMAGED", "is not a database, or is damaged", "put a copy from a backup in its place"],
}

function explain(error: unknown, path: string): unknown {
  const resultCode = error instanceof Error && "errcode" in error ? Number(error.errcode) : 0
  const explanation = EXPLANATIONS[resultCode & 0xff]
  if (explanation === undefined) return error
  const [code, message, hint] = explanation
  return new DatabaseError(code, `the database ${path} ${message}`, { hint, cause: error })
}
