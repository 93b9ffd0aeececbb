import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from "kysely"
import { Patience, untilFree } from "./patience.ts"
import type { SqliteFile } from "./sqlite-database.ts"
import { WaitingLine } from "./waiting-line.ts"

/**
 * Runs Kysely's queries on one SQLite file. Nothing waits in SQLite itself, which would stop the whole process: what
 * another process is in the way of is tried again, while others read. A transaction has the file's first handle; while one
 * is under way, all others read by a second, and see what was there before (sqlite.org/wal.html).
 */
export class SqliteDriver implements Driver {
  readonly #file: SqliteFile
  readonly #timeout: number
  readonly #writers = new WaitingLine()
  /** What has the transaction under way: what anybody else did with the same handle would become a part of that. */
  #changing: DatabaseConnection | undefined
  /** Opened by the first question that comes in the middle of a change: most processes never need it. */
  #reading: SqliteFile | undefined

  constructor(file: SqliteFile, timeout: number) {
    this.#file = file
    this.#timeout = timeout
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new SqliteConnection((connection, query) => this.#execute(connection, query))
  }

  async releaseConnection(): Promise<void> {}

  /**
   * A transaction that begins by reading cannot write once another process has written (SQLITE_BUSY_SNAPSHOT), and
   * no waiting helps it: so every transaction begins as a writer.
   */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const patience = new Patience(this.#timeout)
    if (!(await this.#writers.enter(patience))) {
      throw this.#file.busy(this.#changing === undefined ? "another process" : "another change")
    }
    try {
      await untilFree(patience, () => this.#file.exec("begin immediate"))
    } catch (error) {
      this.#writers.leave()
      throw error
    }
    this.#changing = connection
  }

  async commitTransaction(): Promise<void> {
    await untilFree(new Patience(this.#timeout), () => this.#file.exec("commit"))
    this.#endTransaction()
    this.#file.onCommit()
  }

  async rollbackTransaction(): Promise<void> {
    try {
      // A full disk has ended the transaction already; a second error would hide the first.
      if (this.#file.isInTransaction) this.#file.exec("rollback")
    } finally {
      this.#endTransaction()
    }
  }

  async destroy(): Promise<void> {
    this.#reading?.close()
    this.#file.close()
  }

  #endTransaction(): void {
    this.#changing = undefined
    this.#writers.leave()
  }

  #execute<Row>(
    connection: DatabaseConnection,
    { sql, parameters }: CompiledQuery,
  ): Promise<QueryResult<Row>> {
    return untilFree(new Patience(this.#timeout), () =>
      this.#handleFor(connection).execute<Row>(sql, parameters),
    )
  }

  #handleFor(connection: DatabaseConnection): SqliteFile {
    if (this.#changing === undefined || this.#changing === connection) return this.#file
    this.#reading ??= this.#file.openForReading()
    return this.#reading
  }
}

type Execute = <Row>(connection: DatabaseConnection, query: CompiledQuery) => Promise<QueryResult<Row>>

/** Stands for whoever has it: the handles are for all. */
class SqliteConnection implements DatabaseConnection {
  readonly #execute: Execute

  constructor(execute: Execute) {
    this.#execute = execute
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#execute<Row>(this, query)
  }

  streamQuery(): never {
    throw new Error("nothing is streamed out of SQLite")
  }
}
