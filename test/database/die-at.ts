/**
 * A process that makes one change in a SQLite file, and kills itself on the way: `<file> <change> <point>`. The point is
 * the beginning of a statement, before or after which it dies: `before commit`. It says `ready`, waits for a line on
 * stdin to begin, and prints `done` where it lives that long.
 */
import { once } from "node:events"
import { Kysely, type QueryResult } from "kysely"
import type { Schema } from "../../src/database/schema.ts"
import { SqlDatabase } from "../../src/database/sql-database.ts"
import { SqliteChangeFeed } from "../../src/database/sqlite-change-feed.ts"
import { SqliteFile } from "../../src/database/sqlite-database.ts"
import { WaybillSqliteDialect } from "../../src/database/sqlite-dialect.ts"
import { CHANGES } from "./changes.ts"

const [path = "", change = "", point = ""] = process.argv.slice(2)
const [when, statement = ""] = point.split(/ (.*)/)

class DeadlyFile extends SqliteFile {
  override exec(sql: string): void {
    this.#dieAt(sql, () => super.exec(sql))
  }

  override execute<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    return this.#dieAt(sql, () => super.execute<Row>(sql, parameters))
  }

  #dieAt<Result>(sql: string, work: () => Result): Result {
    const isHere = sql.replaceAll('"', "").startsWith(statement)
    if (isHere && when === "before") process.kill(process.pid, "SIGKILL")
    const result = work()
    if (isHere && when === "after") process.kill(process.pid, "SIGKILL")
    return result
  }
}

process.stdout.write("ready\n")
await once(process.stdin, "data")
const file = new DeadlyFile(path)
const db = new Kysely<Schema>({ dialect: new WaybillSqliteDialect(file, 10_000) })
const database = new SqlDatabase(db, new SqliteChangeFeed(db, file))
await CHANGES[change]?.(database.fleets)
process.stdout.write("done\n")
process.exit()
