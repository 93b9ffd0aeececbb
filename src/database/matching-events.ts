import { type ExpressionBuilder, type SqlBool, sql } from "kysely"
import { parseCommit } from "../fleet/commit.ts"
import type { EventFilter, EventScope } from "../fleet/list-options.ts"
import { organizationOf } from "../fleet/slug.ts"
import type { Schema } from "./schema.ts"

/** For `where`: the entries of the history that a filter lets through. Throws `INVALID_COMMIT`. */
export function matchingEvents(
  scope: EventScope,
  { actions = [], actor, device, commit, since, until }: EventFilter,
) {
  const [action, ...otherActions] = actions
  const beginning = commit === undefined ? undefined : parseCommit(commit)
  const [fleet, organization] =
    typeof scope === "string" ? [scope, organizationOf(scope)] : [undefined, scope.organization]
  // What is about one device or release is little: an index of that is to be used, and none of the fleet's whole history.
  const isLittle = device !== undefined || beginning !== undefined
  const isOf = (column: "fleet" | "organization", value: string) =>
    isLittle ? sql<SqlBool>`${sql.ref(column)} || '' = ${value}` : sql<SqlBool>`${sql.ref(column)} = ${value}`
  return (of: ExpressionBuilder<Schema, "fleet_events">) => {
    const conditions = []
    if (fleet !== undefined) conditions.push(isOf("fleet", fleet))
    // The indexes by action and actor are of organizations.
    if (organization !== undefined && (fleet === undefined || action !== undefined || actor !== undefined)) {
      conditions.push(isOf("organization", organization))
    }
    if (action !== undefined) {
      const isOne = of("action", "=", action)
      conditions.push(otherActions.length === 0 ? isOne : of("action", "in", [...actions]))
    }
    if (actor !== undefined) conditions.push(of("actor", "=", actor))
    if (device !== undefined) conditions.push(of("device", "=", device))
    if (beginning !== undefined) {
      conditions.push(of("release_commit", ">=", beginning), of("release_commit", "<", `${beginning}g`))
    }
    if (since !== undefined) conditions.push(of("at", ">=", since.toISOString()))
    if (until !== undefined) conditions.push(of("at", "<", until.toISOString()))
    return of.and(conditions)
  }
}
