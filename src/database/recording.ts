import type { Transaction } from "kysely"
import { FleetError } from "../fleet/fleet-error.ts"
import {
  type NewRelease,
  type Release,
  type ReleaseContent,
  ReleaseExistsError,
  type ReleaseOutcome,
  type ReleaseService,
} from "../fleet/release.ts"
import { jsonText } from "../fleet/release-limits.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { type ReleaseVersion, rawVersion, revisionKey } from "../fleet/version.ts"
import { loadRelease, releaseNotFound } from "./release-rows.ts"
import type { Schema } from "./schema.ts"

/**
 * Finds a fleet and holds it until the transaction ends: revisions and commits of one fleet are decided one at a
 * time. An update that changes nothing is a lock of the row in PostgreSQL; SQLite's writers wait for each other anyway.
 */
export async function lockFleet(trx: Transaction<Schema>, slug: FleetSlug): Promise<number> {
  const fleet = await touchFleets(trx).where("slug", "=", slug).executeTakeFirst()
  if (fleet === undefined) throw fleetNotFound(slug)
  return fleet.id
}

/** The same for the fleet of a release. */
export async function lockFleetOf(trx: Transaction<Schema>, releaseId: number): Promise<number> {
  const fleet = await touchFleets(trx)
    .where("id", "=", (query) => query.selectFrom("releases").select("fleet_id").where("id", "=", releaseId))
    .executeTakeFirst()
  if (fleet === undefined) throw releaseNotFound(releaseId)
  return fleet.id
}

function touchFleets(trx: Transaction<Schema>) {
  return trx
    .updateTable("fleets")
    .set((expression) => ({ slug: expression.ref("slug") }))
    .returning("id")
}

export function fleetNotFound(slug: FleetSlug): FleetError {
  return new FleetError("FLEET_NOT_FOUND", `there is no fleet ${slug}`, {
    hint: `waybill fleet list shows those there are; waybill fleet create ${slug} makes it`,
  })
}

/** Throws `RELEASE_EXISTS` or `COMMIT_CONFLICT` where a success of the fleet has the commit. */
export async function refuseKnownCommit(
  trx: Transaction<Schema>,
  fleetId: number,
  { commit, index }: NewRelease,
): Promise<void> {
  const known = await trx
    .selectFrom("releases")
    .select("id")
    .where("fleet_id", "=", fleetId)
    .where("commit", "=", commit)
    .where("status", "=", "success")
    .executeTakeFirst()
  if (known === undefined) return
  const release = await loadRelease(trx, known.id)
  if (release.index?.digest === index.digest) throw new ReleaseExistsError(release)
  throw new FleetError(
    "COMMIT_CONFLICT",
    `${release.fleet} has commit ${commit} with other content: ${release.index?.digest}, not ${index.digest}`,
    {
      hint: "a commit names one release of a fleet; build from a new commit, or remove the release that is there",
    },
  )
}

/** The revision that the next final release of a version gets in a fleet that is locked. */
export async function nextRevision(
  trx: Transaction<Schema>,
  fleetId: number,
  version: ReleaseVersion,
): Promise<number> {
  const { greatest } = await trx
    .selectFrom("releases")
    .select((expression) => expression.fn.max("revision").as("greatest"))
    .where((expression) => expression.and({ fleet_id: fleetId, ...revisionKey(version) }))
    .where("revision", "is not", null)
    .executeTakeFirstOrThrow()
  return greatest === null ? 0 : greatest + 1
}

/**
 * A raw version names one success of a fleet, or its tag would move from one to the other. Two can print the same
 * though their revision keys differ: build metadata `prod` and variant `prod`, or drafts of the same millisecond.
 */
export async function refuseTakenVersion(
  trx: Transaction<Schema>,
  fleetId: number,
  raw: string,
): Promise<void> {
  const taken = await trx
    .selectFrom("releases")
    .select("commit")
    .where("fleet_id", "=", fleetId)
    .where("raw_version", "=", raw)
    .where("status", "=", "success")
    .executeTakeFirst()
  if (taken === undefined) return
  throw new FleetError(
    "VERSION_CONFLICT",
    `the fleet has version ${raw} already, of commit ${taken.commit}`,
    {
      hint: "choose another version",
    },
  )
}

interface ReleaseToInsert extends ReleaseContent {
  fleetId: number
  version: ReleaseVersion
  revision: number | null
  outcome: ReleaseOutcome
  services: readonly ReleaseService[]
  now: Date
}

/** Writes a release with all that belongs to it, and returns it as it is then. */
export async function insertRelease(trx: Transaction<Schema>, release: ReleaseToInsert): Promise<Release> {
  const { version, outcome, contract } = release
  const { id } = await trx
    .insertInto("releases")
    .values({
      ...revisionKey(version),
      fleet_id: release.fleetId,
      commit: release.commit,
      build: version.build,
      revision: release.revision,
      raw_version: rawVersion(release),
      status: outcome.status,
      failure_reason: outcome.failureReason,
      index_digest: outcome.index?.digest ?? null,
      index_media_type: outcome.index?.mediaType ?? null,
      index_size: outcome.index?.size ?? null,
      created_at: release.createdAt,
      recorded_at: release.now.toISOString(),
      composition: jsonText(release.composition),
      contract: contract === null ? null : jsonText(contract),
      note: release.note,
    })
    .returning("id")
    .executeTakeFirstOrThrow()
  for (const { name, digest, mediaType, size } of release.services) {
    const service = { release_id: id, name, digest, media_type: mediaType, size }
    await trx.insertInto("release_services").values(service).execute()
  }
  for (const [key, value] of Object.entries(release.tags)) {
    await trx.insertInto("release_tags").values({ release_id: id, key, value }).execute()
  }
  return loadRelease(trx, id)
}
