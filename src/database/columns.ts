import { type ColumnDefinitionBuilder, type Expression, sql } from "kysely"

/** What databases write differently in the definition of a column. */
export interface Columns {
  /** Of ids and what refers to them: holds every integer that a program can ask for, also those that no row has. */
  readonly key: "integer" | "bigint"
  /** Of a column that is the key: grows with each row, and is never given again. */
  readonly id: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder
  /** Text in order of its bytes, as SQLite has it: slugs, pages and ranges of commits go by that. */
  readonly text: "text" | Expression<unknown>
}

export const sqliteColumns: Columns = {
  key: "integer",
  id: (column) => column.primaryKey().autoIncrement(),
  text: "text",
}

export const postgresColumns: Columns = {
  key: "bigint",
  id: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
  text: sql`text collate "C"`,
}
