import type { Kysely, Selectable } from "kysely"
import { releaseNotFound } from "../fleet/not-found.ts"
import type { Release, ReleaseOutcome, ReleaseSummary } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { DatabaseError } from "./database-error.ts"
import { inTurns } from "./in-turns.ts"
import type { ReleaseTable, Schema } from "./schema.ts"

/** Everything of a release but its texts that can be long. */
const SUMMARY_COLUMNS = [
  "releases.id",
  "commit",
  "status",
  "failure_reason",
  "major",
  "minor",
  "patch",
  "prerelease",
  "build",
  "variant",
  "revision",
  "releases.created_at",
  "recorded_at",
  "invalidated_at",
  "index_digest",
  "index_media_type",
  "index_size",
] as const

type SummaryRow = Omit<
  Selectable<ReleaseTable>,
  "fleet_id" | "raw_version" | "composition" | "contract" | "note" | "idempotency_key"
> & { slug: FleetSlug }

/** Selects the rows that `summaryOf` reads. */
export function selectSummaries(db: Kysely<Schema>) {
  return db
    .selectFrom("releases")
    .innerJoin("fleets", "fleets.id", "releases.fleet_id")
    .select(SUMMARY_COLUMNS)
    .select("slug")
}

export function summaryOf(row: SummaryRow): ReleaseSummary {
  const { major, minor, patch, prerelease, build, variant } = row
  return {
    id: row.id,
    fleet: row.slug,
    commit: row.commit,
    version: { major, minor, patch, prerelease, build, variant },
    revision: row.revision,
    isInvalidated: row.invalidated_at !== null,
    createdAt: row.created_at,
    recordedAt: row.recorded_at,
    ...outcomeOf(row),
  }
}

/**
 * Reads a release whole, if it is there. The row comes last: what belongs to it never changes, so when the row is
 * there then, the rest was read before anyone could remove it, and no transaction has to make readers wait.
 */
export async function findRelease(db: Kysely<Schema>, id: number): Promise<Release | undefined> {
  const services = await db
    .selectFrom("release_services")
    .select(["name", "media_type", "digest", "size"])
    .where("release_id", "=", id)
    .orderBy("name")
    .execute()
  const tags = await db
    .selectFrom("release_tags")
    .select(["key", "value"])
    .where("release_id", "=", id)
    .orderBy("key")
    .execute()
  const row = await selectSummaries(db)
    .select(["composition", "contract", "note"])
    .where("releases.id", "=", id)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    ...summaryOf(row),
    composition: JSON.parse(row.composition),
    contract: row.contract === null ? null : JSON.parse(row.contract),
    note: row.note,
    services: services.map(({ name, media_type, digest, size }) => ({
      name,
      mediaType: media_type,
      digest,
      size,
    })),
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
  }
}

/** Throws `RELEASE_NOT_FOUND`. */
export async function loadRelease(db: Kysely<Schema>, id: number): Promise<Release> {
  const release = await findRelease(db, id)
  if (release === undefined) throw releaseNotFound(id)
  return release
}

/** Reads a release without its content. Throws `RELEASE_NOT_FOUND`. */
export async function loadSummary(db: Kysely<Schema>, id: number): Promise<ReleaseSummary> {
  const row = await selectSummaries(db).where("releases.id", "=", id).executeTakeFirst()
  if (row === undefined) throw releaseNotFound(id)
  return summaryOf(row)
}

/** Reads releases that are there, by their ids and in the order of those, without their content. */
export async function loadSummaries(db: Kysely<Schema>, ids: readonly number[]): Promise<ReleaseSummary[]> {
  const releases: ReleaseSummary[] = []
  for await (const some of inTurns(ids)) {
    const rows = await selectSummaries(db).where("releases.id", "in", some).execute()
    const found = new Map(rows.map((row) => [row.id, summaryOf(row)]))
    releases.push(...some.flatMap((id) => found.get(id) ?? []))
  }
  return releases
}

function outcomeOf(row: SummaryRow): ReleaseOutcome {
  const { status, failure_reason: failureReason } = row
  if (status !== "success") return { status, failureReason, index: null }
  const { index_media_type: mediaType, index_digest: digest, index_size: size } = row
  if (mediaType === null || digest === null || size === null) {
    throw new DatabaseError("DATABASE_DAMAGED", `the database has release ${row.id} without its digest`)
  }
  return { status, failureReason: null, index: { mediaType, digest, size } }
}
