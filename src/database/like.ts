import { type SqlBool, sql } from "kysely"

/** For `where`: a text stands somewhere in a column, capital letters of ASCII taken as lower case. */
export function contains(column: string, text: string) {
  const pattern = `%${lowerCase(text).replaceAll(/[\\%_]/g, "\\$&")}%`
  return sql<SqlBool>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`
}

/** As `lower` of both databases: SQLite's knows no other letters, nor PostgreSQL's in the order of bytes. */
function lowerCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
