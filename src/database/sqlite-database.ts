import { resolve } from "node:path"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import type { QueryResult } from "kysely"
import { ensurePrivateFile } from "../content/private-file.ts"
import { DatabaseError, type DatabaseErrorCode } from "./database-error.ts"

/** Statements that are kept prepared; there are fewer in all, but for those with lists. */
const MAX_PREPARED = 200

/** A handle on a SQLite file. Every error names it. No call waits for others: they throw `DATABASE_BUSY` at once. */
export class SqliteFile {
  readonly path: string
  /** Called behind each transaction that was committed by this handle. */
  onCommit: () => void = () => undefined
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  /** Opens the file or makes it, for this user alone; its folder must be there. */
  constructor(path: string) {
    this.path = resolve(path)
    ensurePrivateFile(this.path)
    this.#database = this.#named(
      () => new DatabaseSync(this.path, { timeout: 0, enableForeignKeyConstraints: true }),
    )
  }

  /** Another handle on the file: it changes nothing, and sees nothing of a transaction under way in this one. */
  openForReading(): SqliteFile {
    const file = new SqliteFile(this.path)
    // To open it for reading alone would keep it from mending what a crash of another process left.
    file.exec("pragma query_only = on")
    return file
  }

  get isInTransaction(): boolean {
    return this.#database.isTransaction
  }

  execute<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    const values = parameters as readonly SQLInputValue[]
    return this.#named(() => {
      const { statement, isReader } = this.#prepare(sql)
      if (isReader) return { rows: statement.all(...values) as Row[] }
      const { changes, lastInsertRowid } = statement.run(...values)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    })
  }

  exec(sql: string): void {
    this.#named(() => this.#database.exec(sql))
  }

  /** Reads one row of numbers and texts. */
  get(sql: string): Record<string, unknown> {
    return this.#named(() => this.#database.prepare(sql).get() ?? {})
  }

  /** What is thrown where nothing was tried: another process is in the way, or another change of this one. */
  busy(inTheWay: "another process" | "another change"): DatabaseError {
    return databaseError(inTheWay === "another process" ? BUSY : CHANGING, this.path)
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    const prepared = { statement, isReader: statement.columns().length > 0 }
    if (this.#prepared.size < MAX_PREPARED) this.#prepared.set(sql, prepared)
    return prepared
  }

  #named<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw explain(error, this.path)
    }
  }
}

interface Prepared {
  statement: StatementSync
  /** Whether it gives rows. */
  isReader: boolean
}

type Explanation = [DatabaseErrorCode, string, string]

const BUSY: Explanation = [
  "DATABASE_BUSY",
  "is in use by another process for too long",
  "see which process works on it, then try again",
]

const CHANGING: Explanation = [
  "DATABASE_BUSY",
  "is taken by another change of this process for too long",
  "try again: a change of very much, as the removal of a fleet with its devices, takes its time",
]

/** By primary result code (sqlite.org/rescode.html). */
const EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  3: ["DATABASE_UNAVAILABLE", "may not be read", "check the permissions of the file and of its folder"],
  5: BUSY,
  6: BUSY,
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
  return explanation === undefined ? error : databaseError(explanation, path, error)
}

function databaseError([code, message, hint]: Explanation, path: string, cause?: unknown): DatabaseError {
  return new DatabaseError(code, `the database ${path} ${message}`, { hint, cause })
}
