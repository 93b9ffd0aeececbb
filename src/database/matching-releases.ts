import { type ExpressionBuilder, type Kysely, type SqlBool, sql } from "kysely"
import type { ReleaseConditions, ReleasePageOptions } from "../fleet/list-options.ts"
import { compareReleaseVersions } from "../fleet/version.ts"
import { contains } from "./like.ts"
import { cut } from "./page.ts"
import type { Schema } from "./schema.ts"

const IS_DRAFT = sql<SqlBool>`(releases.status = 'success' and releases.revision is null)`

/** The ids of the releases of a fleet, by its own id, that are wanted of a list, in order. */
export async function findReleaseIds(
  db: Kysely<Schema>,
  fleetId: number,
  { before, limit, offset = 0, sort = "-recordedAt", signal, ...conditions }: ReleasePageOptions,
): Promise<number[]> {
  signal?.throwIfAborted()
  let query = db.selectFrom("releases").select("releases.id").where(matchingReleases(fleetId, conditions))
  if (before !== undefined) query = query.where("releases.id", "<", before)
  const isDescending = sort.startsWith("-")
  if (!sort.endsWith("version")) {
    const ordered = query.orderBy("releases.id", isDescending ? "desc" : "asc")
    return (await cut(ordered, { limit, offset }).execute()).map(({ id }) => id)
  }
  // No database knows the precedence of versions.
  const rows = await query
    .select(["major", "minor", "patch", "prerelease", "variant", "revision"])
    .orderBy("releases.id")
    .execute()
  const ordered = rows.toSorted((one, other) => compareReleaseVersions(one, other) || one.id - other.id)
  if (isDescending) ordered.reverse()
  return ordered.slice(offset, limit === undefined ? undefined : offset + limit).map(({ id }) => id)
}

/** For `where`: the releases of a fleet, by its id, that conditions let through. */
export function matchingReleases(
  fleetId: number,
  { status, search, draft, invalidated, pinnable, tag }: ReleaseConditions,
) {
  return (of: ExpressionBuilder<Schema, "releases">) => {
    const conditions = [of("releases.fleet_id", "=", fleetId)]
    if (status !== undefined) conditions.push(of("releases.status", "=", status))
    if (draft !== undefined) conditions.push(draft ? of.and([IS_DRAFT]) : of.not(IS_DRAFT))
    if (invalidated !== undefined) {
      conditions.push(of("releases.invalidated_at", invalidated ? "is not" : "is", null))
    }
    if (pinnable !== undefined) {
      conditions.push(of("releases.status", "=", "success"), of("releases.invalidated_at", "is", null))
      if (pinnable === "fleet") conditions.push(of("releases.revision", "is not", null))
    }
    if (search !== undefined) conditions.push(isSearched(of, search))
    if (tag !== undefined) {
      const query = of.selectFrom("release_tags").select("release_id").where("key", "=", tag.key)
      const tagged = tag.value === undefined ? query : query.where("value", "=", tag.value)
      conditions.push(of("releases.id", "in", tagged))
    }
    return of.and(conditions)
  }
}

function isSearched(of: ExpressionBuilder<Schema, "releases">, text: string) {
  const found = [contains("releases.raw_version", text), contains("releases.note", text)]
  const commit = text.toLowerCase()
  if (/^[0-9a-f]+$/.test(commit)) {
    found.push(sql<SqlBool>`(releases."commit" >= ${commit} and releases."commit" < ${`${commit}g`})`)
  }
  return of.or(found)
}
