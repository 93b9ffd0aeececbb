import { type RawBuilder, sql } from "kysely"
import type { ListOptions } from "../fleet/list-options.ts"

interface Cut<Query> {
  limit(limit: number | RawBuilder<number>): Query
  offset(offset: number): Query
}

/** The part of a list that is wanted. */
export function cut<Query extends Cut<Query>>(query: Query, { limit, offset }: ListOptions): Query {
  if (offset === undefined) return limit === undefined ? query : query.limit(limit)
  // Before an OFFSET, SQLite wants a LIMIT (sqlite.org/lang_select.html).
  return query.limit(limit ?? sql.lit(Number.MAX_SAFE_INTEGER)).offset(offset)
}
