import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { OperationOptions } from "../../content/interfaces.ts"
import { type LockPatience, waitForLock } from "../../content/lock-wait.ts"
import { ensurePrivateFile } from "../../content/private-file.ts"
import { LayoutError } from "../layout-error.ts"
import { explainSqlite, isBusy } from "./catalog-failure.ts"
import { SCHEMA_STEPS } from "./catalog-schema.ts"

/** How long SQLite itself may wait for other processes, in milliseconds: meanwhile nothing else happens in this one. */
const BUSY_TIMEOUT = 2

type Parameter = string | number | null

/** The SQLite file of a catalog: opened and migrated, changed in transactions, asked. What its tables are for is said elsewhere. */
export class CatalogFile {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #patience: LockPatience
  readonly #statements = new Map<string, StatementSync>()

  private constructor(path: string, database: DatabaseSync, patience: LockPatience) {
    this.#path = path
    this.#database = database
    this.#patience = patience
  }

  /** Opens the file, and makes it where there is none. Throws `CANNOT_LOCK`, `NO_SPACE`, `STORE_DAMAGED`, `STORE_UNAVAILABLE`. */
  static async open(path: string, patience: LockPatience = {}): Promise<CatalogFile> {
    let file: CatalogFile | undefined
    try {
      ensurePrivateFile(path)
      file = new CatalogFile(path, new DatabaseSync(path, { timeout: BUSY_TIMEOUT }), patience)
      await file.#migrate()
      return file
    } catch (error) {
      file?.close()
      throw explainSqlite(error, path)
    }
  }

  async #migrate(): Promise<void> {
    await waitForLock(this.#path, this.#patience, () =>
      this.#isDone("pragma journal_mode = wal; pragma synchronous = full") ? this : undefined,
    )
    if (this.#version() < SCHEMA_STEPS.length) {
      await this.transaction(() => {
        for (const step of SCHEMA_STEPS.slice(this.#version())) this.#database.exec(step)
        this.#database.exec(`pragma user_version = ${SCHEMA_STEPS.length}`)
      })
    }
    if (this.#version() > SCHEMA_STEPS.length) {
      throw new LayoutError("NOT_A_LAYOUT", `${this.#path} was written by a newer Waybill`, {
        hint: "use that one",
      })
    }
  }

  close(): void {
    this.#database.close()
  }

  /**
   * Does the work whole or not at all, while nobody else changes anything. It waits for other processes first, and holds up
   * nothing else meanwhile. Throws `CANNOT_LOCK` when one of them takes too long.
   */
  transaction<Result>(work: () => Result, { signal }: OperationOptions = {}): Promise<Result> {
    return this.#whenFree(() => this.#finish(work), signal)
  }

  /** A transaction that a power cut may undo, for what only helps while a process runs: it does not wait for the disk. */
  async note<Result>(work: () => Result): Promise<Result> {
    return this.#whenFree(() => this.#finish(work), undefined, "normal")
  }

  /** Sees the catalog as it is at one moment, while others go on writing. Nothing of the work may change it. */
  async read<Result>(work: () => Result): Promise<Result> {
    this.#database.exec("begin")
    try {
      return work()
    } catch (error) {
      throw explainSqlite(error, this.#path)
    } finally {
      // SQLite has done so by itself where the disk is full.
      if (this.#database.isTransaction) this.#database.exec("rollback")
    }
  }

  /** Begins a transaction as soon as no other process has one, and goes on within it at once. */
  async #whenFree<Result>(
    work: () => Result,
    signal?: AbortSignal | undefined,
    synchronous: "full" | "normal" = "full",
  ): Promise<Result> {
    const { result } = await waitForLock(this.#path, { ...this.#patience, signal }, () => {
      // It cannot be chosen within a transaction.
      if (synchronous !== "full") this.#database.exec(`pragma synchronous = ${synchronous}`)
      try {
        return this.#isDone("begin immediate") ? { result: work() } : undefined
      } finally {
        if (synchronous !== "full") this.#database.exec("pragma synchronous = full")
      }
    })
    return result
  }

  #finish<Result>(work: () => Result): Result {
    try {
      const result = work()
      this.#database.exec("commit")
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback")
      throw explainSqlite(error, this.#path)
    }
  }

  /** `false` while another process is in the way. */
  #isDone(sql: string): boolean {
    try {
      this.#database.exec(sql)
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw explainSqlite(error, this.#path)
    }
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  all<Row>(sql: string, ...parameters: Parameter[]): Row[] {
    return this.#query(() => this.#prepare(sql).all(...parameters) as Row[])
  }

  get<Row>(sql: string, ...parameters: Parameter[]): Row | undefined {
    return this.#query(() => this.#prepare(sql).get(...parameters) as Row | undefined)
  }

  /** Gives the number of rows that changed. */
  run(sql: string, ...parameters: Parameter[]): number {
    return Number(this.#prepare(sql).run(...parameters).changes)
  }

  #query<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw explainSqlite(error, this.#path)
    }
  }

  #version(): number {
    return this.get<{ user_version: number }>("pragma user_version")?.user_version ?? 0
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}
