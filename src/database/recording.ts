import type { Transaction } from "kysely"
import { FleetError } from "../fleet/fleet-error.ts"
import { isPlainText } from "../fleet/plain-text.ts"
import {
  type NewRelease,
  type Release,
  type ReleaseContent,
  ReleaseExistsError,
  type ReleaseOutcome,
  type ReleaseService,
  type UnsuccessfulRelease,
} from "../fleet/release.ts"
import { jsonText } from "../fleet/release-limits.ts"
import { checkUnchosenVersion } from "../fleet/unchosen-version.ts"
import { type ReleaseVersion, rawVersion, revisionKey } from "../fleet/version.ts"
import { findLatestId } from "./fleet-policy.ts"
import type { LockedFleet } from "./locks.ts"
import { findRelease, loadRelease } from "./release-rows.ts"
import type { Schema } from "./schema.ts"

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

/** In characters. */
const MAX_KEY_LENGTH = 255

/**
 * The release that a fleet recorded with an idempotency key, if it did. Throws `IDEMPOTENCY_KEY_REUSED` where that
 * is another one than is to be recorded, and `INVALID_RELEASE` for what is no key.
 */
export async function findRecorded(
  trx: Transaction<Schema>,
  fleetId: number,
  release: NewRelease | UnsuccessfulRelease,
  key: string | undefined,
): Promise<Release | undefined> {
  if (key === undefined) return undefined
  if (key.length === 0 || key.length > MAX_KEY_LENGTH || !isPlainText(key)) {
    throw new FleetError("INVALID_RELEASE", "that cannot be an idempotency key", {
      hint: `use 1 to ${MAX_KEY_LENGTH} characters`,
    })
  }
  const row = await trx
    .selectFrom("releases")
    .select("id")
    .where("fleet_id", "=", fleetId)
    .where("idempotency_key", "=", key)
    .executeTakeFirst()
  const recorded = row && (await findRelease(trx, row.id))
  if (recorded === undefined || isSameContent(recorded, release)) return recorded
  throw new FleetError(
    "IDEMPOTENCY_KEY_REUSED",
    `${recorded.fleet} has recorded another release with this idempotency key, of commit ${recorded.commit}`,
    { hint: "choose a new key for each release" },
  )
}

/** A draft may have been finalized since; what is a draft still was never to be anything else. */
function isSameContent(recorded: Release, release: NewRelease | UnsuccessfulRelease): boolean {
  if (recorded.commit !== release.commit || textOf(recorded) !== textOf(release)) return false
  if (!("index" in release)) return recorded.status === release.status
  if (recorded.revision === null && !release.isDraft) return false
  return recorded.index?.digest === release.index.digest
}

function textOf({
  version,
  composition,
  contract,
  note,
  tags,
}: ReleaseContent & { version: ReleaseVersion }): string {
  const { build } = version
  return jsonText({ composition, contract, note, tags, version: { ...revisionKey(version), build } })
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

/** See `checkUnchosenVersion`; of a fleet that is locked. */
export async function refuseUnchosenVersion(
  trx: Transaction<Schema>,
  { id, slug }: LockedFleet,
): Promise<void> {
  const versions = await trx
    .selectFrom("releases")
    .select(["major", "minor", "patch", "prerelease", "variant", "build"])
    .distinct()
    .where("fleet_id", "=", id)
    .where("status", "=", "success")
    .execute()
  const latest = await findLatestId(trx, id)
  const release = latest === null ? undefined : await loadRelease(trx, latest)
  checkUnchosenVersion(slug, versions, release?.version)
}

interface ReleaseToInsert extends ReleaseContent {
  fleetId: number
  version: ReleaseVersion
  revision: number | null
  outcome: ReleaseOutcome
  services: readonly ReleaseService[]
  idempotencyKey: string | undefined
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
      idempotency_key: release.idempotencyKey ?? null,
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
