import type { ExpressionBuilder } from "kysely"
import type { ReleaseConditions } from "../fleet/list-options.ts"
import type { Schema } from "./schema.ts"

/** For `where`: the releases of a fleet, by its id, that conditions let through. */
export function matchingReleases(fleetId: number, { status }: ReleaseConditions) {
  return (of: ExpressionBuilder<Schema, "releases">) => {
    const conditions = [of("releases.fleet_id", "=", fleetId)]
    if (status !== undefined) conditions.push(of("status", "=", status))
    return of.and(conditions)
  }
}
