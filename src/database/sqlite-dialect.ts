import {
  type DatabaseIntrospector,
  type Dialect,
  type Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely"
import type { SqliteFile } from "./sqlite-database.ts"
import { SqliteDriver } from "./sqlite-driver.ts"

/** How a SQLite file is spoken to. */
export class WaybillSqliteDialect implements Dialect {
  readonly #file: SqliteFile
  readonly #timeout: number

  /** `timeout` is how long a change or a question waits for other processes, in milliseconds. */
  constructor(file: SqliteFile, timeout: number) {
    this.#file = file
    this.#timeout = timeout
  }

  createDriver(): SqliteDriver {
    return new SqliteDriver(this.#file, this.#timeout)
  }

  createAdapter(): SqliteAdapter {
    return new SharedHandle()
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler()
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db)
  }
}

/** Kysely is not to let one in after the other: a change that waits for another process would keep readers out. */
class SharedHandle extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}
