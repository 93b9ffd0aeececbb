import { type Kysely, sql } from "kysely"
import type { VersionName } from "../fleet/version.ts"
import { selectSummaries } from "./release-rows.ts"
import type { Schema } from "./schema.ts"

/** Selects the releases of a fleet that a version names, the one first that is meant by it: see `FleetStore.findReleases`. */
export function selectNamed(db: Kysely<Schema>, fleetId: number, name: VersionName) {
  const { raw } = name
  const query = selectSummaries(db)
    .where("fleet_id", "=", fleetId)
    // What is no revision may print as if it were the version of others: as typed in full, it comes first.
    .orderBy(sql`raw_version = ${raw} and revision is null`, "desc")
    .orderBy(sql`revision is null`)
    .orderBy("revision", "desc")
    .orderBy(sql`status = 'success'`, "desc")
    .orderBy("releases.id", "desc")
  if (name.revision !== null) {
    return query.where("raw_version", "=", raw).where("revision", "is not", null)
  }
  const { major, minor, patch, prerelease, build } = name
  return query
    .where((of) => of.and({ major, minor, patch }))
    .where((of) =>
      of.or([
        of("raw_version", "=", raw),
        of.and([of("prerelease", "=", prerelease), of.or(buildsOf(build).map((each) => of.and(each)))]),
      ]),
    )
}

/** Any build metadata without a variant; else each way in which what is behind the `+` can be both. */
function buildsOf(text: string): { build?: string; variant: string }[] {
  if (text === "") return [{ variant: "" }]
  const parts = text.split(".")
  return Array.from({ length: parts.length + 1 }, (_, at) => ({
    build: parts.slice(0, at).join("."),
    variant: parts.slice(at).join("."),
  }))
}
