import { type SqlBool, sql } from "kysely"

/** For `where`: a slug in a column is one of an organization. */
export function isOfOrganization(column: string, organization: string) {
  const slug = sql.ref(column)
  // Its slugs are those between it with a "/" behind and it with what follows that in ASCII.
  return sql<SqlBool>`(${slug} >= ${`${organization}/`} and ${slug} < ${`${organization}0`})`
}
