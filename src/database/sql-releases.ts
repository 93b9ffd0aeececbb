import type { Kysely, Transaction } from "kysely"
import { matchCommit, parseCommit } from "../fleet/commit.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { FleetAction } from "../fleet/fleet-event.ts"
import type { FleetStore, ReleaseChange, ReleaseChangeOptions } from "../fleet/fleet-store.ts"
import { releaseNotFound } from "../fleet/not-found.ts"
import { checkRegistry, checkRemoval } from "../fleet/policy.ts"
import { checkState, type Release } from "../fleet/release.ts"
import { checkNewRelease, checkReleaseContent } from "../fleet/release-limits.ts"
import { organizationOf } from "../fleet/slug.ts"
import type { TargetChange } from "../fleet/target-change.ts"
import { checkRevision, parseVersionName, rawVersion } from "../fleet/version.ts"
import { plainDescriptor } from "../oci/descriptor.ts"
import { addEvents, findRecordedTarget } from "./events.ts"
import { findLatestId, followReleases, leaveRelease, savePolicy } from "./fleet-policy.ts"
import { findFleetId } from "./fleet-rows.ts"
import { type LockedFleet, lockFleet, lockFleetOf } from "./locks.ts"
import { findReleaseIds, matchingReleases } from "./matching-releases.ts"
import { selectNamed } from "./named-releases.ts"
import {
  findRecorded,
  insertRelease,
  nextRevision,
  refuseKnownCommit,
  refuseTakenVersion,
  refuseUnchosenVersion,
} from "./recording.ts"
import { loadOverviews, readUses } from "./release-overviews.ts"
import {
  findRelease,
  loadRelease,
  loadSummaries,
  loadSummary,
  selectSummaries,
  summaryOf,
} from "./release-rows.ts"
import type { Schema } from "./schema.ts"
import { inChange, inTransaction } from "./transaction.ts"

type Releases = Pick<
  FleetStore,
  | "recordRelease"
  | "recordUnsuccessfulRelease"
  | "finalizeRelease"
  | "invalidateRelease"
  | "validateRelease"
  | "getRelease"
  | "latestRelease"
  | "listReleases"
  | "listReleaseOverviews"
  | "getReleaseUse"
  | "totalReleases"
  | "findReleases"
  | "removeRelease"
>

export function sqlReleases(db: Kysely<Schema>): Releases {
  return {
    async recordRelease(slug, release, options) {
      checkNewRelease(release)
      const { now, signal, idempotencyKey } = options
      return inTransaction(db, signal, async (trx) => {
        const fleet = await lockFleet(trx, slug)
        const before = await findRecorded(trx, fleet.id, release, idempotencyKey)
        if (before !== undefined) {
          return { release: before, target: await targetWhenRecorded(trx, fleet, before) }
        }
        checkRegistry(slug, fleet.registry, options.registry)
        await refuseKnownCommit(trx, fleet.id, release)
        if (options.isVersionUnchosen) await refuseUnchosenVersion(trx, fleet)
        const revision = release.isDraft ? null : await nextRevision(trx, fleet.id, release.version)
        checkRevision(release.version, revision)
        await refuseTakenVersion(trx, fleet.id, rawVersion({ ...release, revision }))
        const index = plainDescriptor(release.index)
        const outcome = { status: "success", failureReason: null, index } as const
        const row = { ...release, fleetId: fleet.id, revision, outcome, idempotencyKey, now }
        const recorded = await insertRelease(trx, row)
        const target = await followReleases(trx, fleet)
        const action = options.origin === "import" ? "release.import" : "release.create"
        await addEvents(trx, options, { action, fleet: slug, release: recorded, target })
        return { release: recorded, target }
      })
    },

    async recordUnsuccessfulRelease(slug, release, options) {
      checkReleaseContent(release)
      const { now, signal, idempotencyKey } = options
      const { status, failureReason } = release
      return inTransaction(db, signal, async (trx) => {
        const { id: fleetId } = await lockFleet(trx, slug)
        const before = await findRecorded(trx, fleetId, release, idempotencyKey)
        if (before !== undefined) return before
        const outcome = { status, failureReason, index: null } as const
        const row = { ...release, fleetId, revision: null, outcome, services: [], idempotencyKey, now }
        const recorded = await insertRelease(trx, row)
        await addEvents(trx, options, { action: "release.fail", fleet: slug, release: recorded })
        return recorded
      })
    },

    async finalizeRelease(id, options) {
      return changeSuccess(db, id, options, async (trx, release, fleet) => {
        if (release.revision !== null) return undefined
        const revision = await nextRevision(trx, fleet.id, release.version)
        const raw_version = rawVersion({ ...release, revision })
        await refuseTakenVersion(trx, fleet.id, raw_version)
        await trx.updateTable("releases").set({ revision, raw_version }).where("id", "=", id).execute()
        return "release.finalize"
      })
    },

    async invalidateRelease(id, options) {
      return changeSuccess(db, id, options, async (trx, release) => {
        if (release.isInvalidated) return undefined
        const invalidated_at = options.now.toISOString()
        await trx.updateTable("releases").set({ invalidated_at }).where("id", "=", id).execute()
        return "release.invalidate"
      })
    },

    async validateRelease(id, options) {
      return changeSuccess(db, id, options, async (trx, release) => {
        if (!release.isInvalidated) return undefined
        await trx.updateTable("releases").set({ invalidated_at: null }).where("id", "=", id).execute()
        return "release.validate"
      })
    },

    async getRelease(id, options = {}) {
      options.signal?.throwIfAborted()
      return loadRelease(db, id)
    },

    async latestRelease(fleet, options) {
      for (;;) {
        const latest = await findLatestId(db, await findFleetId(db, fleet, options))
        if (latest === null) return undefined
        // Removed in between, it leaves the place to the one before it.
        const release = await findRelease(db, latest)
        if (release !== undefined) return release
      }
    },

    async listReleases(fleet, options = {}) {
      const fleetId = await findFleetId(db, fleet, { signal: options.signal })
      const ids = await findReleaseIds(db, fleetId, options)
      return loadSummaries(db, ids)
    },

    async listReleaseOverviews(fleet, options = {}) {
      const fleetId = await findFleetId(db, fleet, { signal: options.signal })
      return loadOverviews(db, fleetId, await findReleaseIds(db, fleetId, options))
    },

    async getReleaseUse(id, options = {}) {
      options.signal?.throwIfAborted()
      const { fleet } = await loadSummary(db, id)
      const use = (await readUses(db, await findFleetId(db, fleet), [id])).get(id)
      if (use === undefined) throw releaseNotFound(id)
      return use
    },

    async totalReleases(fleet, { signal, ...conditions } = {}) {
      const fleetId = await findFleetId(db, fleet, { signal })
      const { total } = await db
        .selectFrom("releases")
        .where(matchingReleases(fleetId, conditions))
        .select(({ fn }) => fn.countAll<number>().as("total"))
        .executeTakeFirstOrThrow()
      return Number(total)
    },

    async findReleases(filter, options = {}) {
      options.signal?.throwIfAborted()
      const { fleet } = filter
      const fleetId = fleet === undefined ? undefined : await findFleetId(db, fleet, options)
      if ("version" in filter) {
        const name = parseVersionName(filter.version)
        if (name === undefined || fleetId === undefined) return []
        let query = selectNamed(db, fleetId, name)
        if (options.limit !== undefined) query = query.limit(options.limit)
        return (await query.execute(options)).map(summaryOf)
      }
      const { organization } = filter
      const commit = parseCommit(filter.commit)
      // Of hex digits alone, all that begin with a text lie between it and it with a "g" behind: an index serves
      // that. The fleet is not asked for here, lest SQLite go through its releases instead.
      const rows = await selectSummaries(db)
        .orderBy("releases.id", "desc")
        .where("commit", ">=", commit)
        .where("commit", "<", `${commit}g`)
        .execute(options)
      const releases = rows
        .map(summaryOf)
        .filter((release) => fleet === undefined || release.fleet === fleet)
        .filter((release) => organization === undefined || organizationOf(release.fleet) === organization)
      return matchCommit(commit, releases).slice(0, options.limit)
    },

    async removeRelease(id, options) {
      await inChange(db, options, async (trx) => {
        const fleet = await lockFleetOf(trx, id)
        const release = await loadSummary(trx, id)
        checkState(release, options.state)
        const { pinned } = await trx
          .selectFrom("devices")
          .select((expression) => expression.fn.countAll<number>().as("pinned"))
          .where("pinned_release_id", "=", id)
          .executeTakeFirstOrThrow()
        checkRemoval(release, fleet.policy, pinned)
        await leaveRelease(trx, fleet, id)
        await trx.deleteFrom("releases").where("id", "=", id).execute()
        await addEvents(trx, options, { action: "release.remove", fleet: fleet.slug, release })
      })
    },
  }
}

/**
 * Changes a successful release under its fleet's lock, and returns it as it is then. `change` gives what it did, for
 * the history, or `undefined` where nothing was left to do.
 */
async function changeSuccess(
  db: Kysely<Schema>,
  id: number,
  options: ReleaseChangeOptions,
  change: (
    trx: Transaction<Schema>,
    release: Release,
    fleet: LockedFleet,
  ) => Promise<FleetAction | undefined>,
): Promise<ReleaseChange> {
  return inChange(db, options, async (trx) => {
    const fleet = await lockFleetOf(trx, id)
    const release = await loadRelease(trx, id)
    checkState(release, options.state)
    if (release.status !== "success") {
      throw new FleetError(
        "RELEASE_NOT_SUCCESSFUL",
        `release ${id} of ${release.fleet} (${rawVersion(release)}) is ${release.status}, not success`,
        { hint: "only a release whose build succeeded can be finalized, invalidated or validated" },
      )
    }
    const action = await change(trx, release, fleet)
    const target = await followReleases(trx, fleet)
    if (action === undefined) return { release, target }
    const changed = await loadRelease(trx, id)
    await addEvents(trx, options, { action, fleet: fleet.slug, release: changed, target })
    return { release: changed, target }
  })
}

/** Whoever asks again, since the answer was lost, is told what the first time moved. */
async function targetWhenRecorded(
  trx: Transaction<Schema>,
  fleet: LockedFleet,
  release: Release,
): Promise<TargetChange> {
  return (await findRecordedTarget(trx, release)) ?? (await savePolicy(trx, fleet, fleet.policy))
}
