import { type ColumnDefinitionBuilder, type Expression, type RawBuilder, sql } from "kysely"

/** What databases write differently in the definition of columns. */
export interface Columns {
  /** Of ids and counters: any that a caller can name, 2^53 - 1 at most, can be compared with it. */
  readonly integer: "integer" | "bigint"
  /** Of an integer column that is the key: grows with each row, and is never given again. */
  readonly id: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder
  /** Text in order of its bytes, as SQLite has it: slugs, pages and ranges of commits go by that. */
  readonly text: "text" | Expression<unknown>
  /** Of a column of an index: what is null comes first, as SQLite always has it. */
  readonly nullsFirst: RawBuilder<unknown>
  /** Whether constraints of a table that is there can be changed; else it has to be made anew. */
  readonly changesConstraints: boolean
  /** Whether the database tells whoever listens that something was changed. */
  readonly tellsOfChanges: boolean
}

export const sqliteColumns: Columns = {
  // SQLite's holds 8 bytes, and only a key of this very name grows by itself.
  integer: "integer",
  id: (column) => column.primaryKey().autoIncrement(),
  text: "text",
  nullsFirst: sql``,
  // sqlite.org/lang_altertable.html, section 7
  changesConstraints: false,
  tellsOfChanges: false,
}

export const postgresColumns: Columns = {
  // PostgreSQL's integer holds 4 bytes, and it refuses to compare it with what does not fit.
  integer: "bigint",
  id: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
  text: sql`text collate "C"`,
  nullsFirst: sql`nulls first`,
  changesConstraints: true,
  tellsOfChanges: true,
}
