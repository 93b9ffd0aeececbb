import type { Kysely, Transaction } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import { matchCommit, parseCommit } from "../fleet/commit.ts"
import { checkNewFleet, type Fleet, type NewFleet } from "../fleet/fleet.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type {
  ChangeOptions,
  FleetStore,
  PageOptions,
  ReleaseFilter,
  RemoveFleetOptions,
} from "../fleet/fleet-store.ts"
import type { NewRelease, Release, ReleaseSummary, UnsuccessfulRelease } from "../fleet/release.ts"
import { checkNewRelease, checkReleaseContent } from "../fleet/release-limits.ts"
import { type FleetSlug, organizationOf } from "../fleet/slug.ts"
import { type RequestedVersion, rawVersion } from "../fleet/version.ts"
import { plainDescriptor } from "../oci/descriptor.ts"
import {
  fleetNotFound,
  insertRelease,
  lockFleet,
  lockFleetOf,
  nextRevision,
  refuseKnownCommit,
  refuseTakenVersion,
} from "./recording.ts"
import { findRelease, loadRelease, releaseNotFound, selectSummaries, summaryOf } from "./release-rows.ts"
import type { FleetRow, Schema } from "./schema.ts"

/** The FleetStore on SQL: what it asks for, every database that Kysely speaks to understands. */
export class SqlFleetStore implements FleetStore {
  readonly #db: Kysely<Schema>

  constructor(db: Kysely<Schema>) {
    this.#db = db
  }

  async createFleet(fleet: NewFleet, { now, signal }: ChangeOptions): Promise<Fleet> {
    checkNewFleet(fleet)
    const name = organizationOf(fleet.slug)
    const created_at = now.toISOString()
    return this.#transaction(signal, async (trx) => {
      await trx
        .insertInto("organizations")
        .values({ name, created_at })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .execute()
      const organization = await trx
        .selectFrom("organizations")
        .select("id")
        .where("name", "=", name)
        .executeTakeFirstOrThrow()
      const row = await trx
        .insertInto("fleets")
        .values({
          organization_id: organization.id,
          slug: fleet.slug,
          class: fleet.class ?? "fleet",
          registry: fleet.registry ?? null,
          created_at,
        })
        .onConflict((conflict) => conflict.column("slug").doNothing())
        .returningAll()
        .executeTakeFirst()
      if (row !== undefined) return fleetOf(row)
      throw new FleetError("FLEET_EXISTS", `there is a fleet ${fleet.slug} already`, {
        hint: "use it as it is, or choose another name",
      })
    })
  }

  async getFleet(slug: FleetSlug, options: OperationOptions = {}): Promise<Fleet> {
    options.signal?.throwIfAborted()
    const row = await this.#db
      .selectFrom("fleets")
      .selectAll()
      .where("slug", "=", slug)
      .executeTakeFirst(options)
    if (row === undefined) throw fleetNotFound(slug)
    return fleetOf(row)
  }

  async listFleets(options: OperationOptions = {}): Promise<Fleet[]> {
    options.signal?.throwIfAborted()
    const rows = await this.#db.selectFrom("fleets").selectAll().orderBy("slug").execute(options)
    return rows.map(fleetOf)
  }

  async removeFleet(slug: FleetSlug, options: RemoveFleetOptions = {}): Promise<void> {
    await this.#transaction(options.signal, async (trx) => {
      const id = await lockFleet(trx, slug)
      const { count } = await trx
        .selectFrom("releases")
        .select((expression) => expression.fn.countAll<number>().as("count"))
        .where("fleet_id", "=", id)
        .executeTakeFirstOrThrow()
      if (count > 0 && !options.withReleases) {
        throw new FleetError(
          "FLEET_HAS_RELEASES",
          `${slug} has ${count} ${count === 1 ? "release" : "releases"}`,
          {
            hint: `\`waybill fleet rm ${slug} --with-releases\` removes them with it`,
          },
        )
      }
      await trx.deleteFrom("releases").where("fleet_id", "=", id).execute()
      await trx.deleteFrom("fleets").where("id", "=", id).execute()
    })
  }

  async recordRelease(
    fleet: FleetSlug,
    release: NewRelease,
    { now, signal }: ChangeOptions,
  ): Promise<Release> {
    checkNewRelease(release)
    return this.#transaction(signal, async (trx) => {
      const fleetId = await lockFleet(trx, fleet)
      await refuseKnownCommit(trx, fleetId, release)
      const revision = release.isDraft ? null : await nextRevision(trx, fleetId, release.version)
      checkRequestedRevision(release.version, revision)
      await refuseTakenVersion(trx, fleetId, rawVersion({ ...release, revision }))
      const index = plainDescriptor(release.index)
      const outcome = { status: "success", failureReason: null, index } as const
      return insertRelease(trx, { ...release, fleetId, revision, outcome, now })
    })
  }

  async recordUnsuccessfulRelease(
    fleet: FleetSlug,
    release: UnsuccessfulRelease,
    { now, signal }: ChangeOptions,
  ): Promise<Release> {
    checkReleaseContent(release)
    const { status, failureReason } = release
    return this.#transaction(signal, async (trx) => {
      const fleetId = await lockFleet(trx, fleet)
      const outcome = { status, failureReason, index: null } as const
      return insertRelease(trx, { ...release, fleetId, revision: null, outcome, services: [], now })
    })
  }

  async finalizeRelease(id: number, options: OperationOptions = {}): Promise<Release> {
    return this.#changeSuccess(id, options.signal, async (trx, release, fleetId) => {
      if (release.revision !== null) return
      const revision = await nextRevision(trx, fleetId, release.version)
      const raw_version = rawVersion({ ...release, revision })
      await refuseTakenVersion(trx, fleetId, raw_version)
      await trx.updateTable("releases").set({ revision, raw_version }).where("id", "=", id).execute()
    })
  }

  async invalidateRelease(id: number, { now, signal }: ChangeOptions): Promise<Release> {
    return this.#changeSuccess(id, signal, async (trx, release) => {
      if (release.isInvalidated) return
      const invalidated_at = now.toISOString()
      await trx.updateTable("releases").set({ invalidated_at }).where("id", "=", id).execute()
    })
  }

  async validateRelease(id: number, options: OperationOptions = {}): Promise<Release> {
    return this.#changeSuccess(id, options.signal, async (trx) => {
      await trx.updateTable("releases").set({ invalidated_at: null }).where("id", "=", id).execute()
    })
  }

  async getRelease(id: number, options: OperationOptions = {}): Promise<Release> {
    options.signal?.throwIfAborted()
    return loadRelease(this.#db, id)
  }

  async latestRelease(fleet: FleetSlug, options: OperationOptions = {}): Promise<Release | undefined> {
    const { id: fleetId } = await this.getFleet(fleet, options)
    const latest = await this.#db
      .selectFrom("releases")
      .select("id")
      .where("fleet_id", "=", fleetId)
      .where("status", "=", "success")
      .where("revision", "is not", null)
      .where("invalidated_at", "is", null)
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst()
    if (latest === undefined) return undefined
    // Removed in between, it leaves the place to the one before it.
    return (await findRelease(this.#db, latest.id)) ?? this.latestRelease(fleet, options)
  }

  async listReleases(fleet: FleetSlug, options: PageOptions = {}): Promise<ReleaseSummary[]> {
    const { id: fleetId } = await this.getFleet(fleet, options)
    let query = selectSummaries(this.#db).where("fleet_id", "=", fleetId).orderBy("releases.id", "desc")
    if (options.before !== undefined) query = query.where("releases.id", "<", options.before)
    if (options.limit !== undefined) query = query.limit(options.limit)
    return (await query.execute()).map(summaryOf)
  }

  async findReleases(filter: ReleaseFilter, options: OperationOptions = {}): Promise<ReleaseSummary[]> {
    const fleet = filter.fleet && (await this.getFleet(filter.fleet, options))
    const query = selectSummaries(this.#db).orderBy("releases.id", "desc")
    if ("rawVersion" in filter) {
      const rows = await query
        .where("slug", "=", filter.fleet)
        .where("raw_version", "=", filter.rawVersion)
        .execute(options)
      return rows.map(summaryOf)
    }
    const commit = parseCommit(filter.commit)
    // Of hex digits alone, all that begin with a text lie between it and it with a "g" behind: an index serves that.
    // The fleet is not asked for here, lest SQLite go through its releases instead.
    const rows = await query.where("commit", ">=", commit).where("commit", "<", `${commit}g`).execute(options)
    const releases = rows
      .map(summaryOf)
      .filter((release) => fleet === undefined || release.fleet === fleet.slug)
    return matchCommit(commit, releases)
  }

  async removeRelease(id: number, options: OperationOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    const { numDeletedRows } = await this.#db
      .deleteFrom("releases")
      .where("id", "=", id)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw releaseNotFound(id)
  }

  async close(): Promise<void> {
    await this.#db.destroy()
  }

  async #transaction<Result>(
    signal: AbortSignal | undefined,
    work: (trx: Transaction<Schema>) => Promise<Result>,
  ): Promise<Result> {
    signal?.throwIfAborted()
    return this.#db.transaction().execute(work)
  }

  /** Changes a successful release under its fleet's lock, and returns it as it is then. */
  async #changeSuccess(
    id: number,
    signal: AbortSignal | undefined,
    change: (trx: Transaction<Schema>, release: ReleaseSummary, fleetId: number) => Promise<void>,
  ): Promise<Release> {
    return this.#transaction(signal, async (trx) => {
      const fleetId = await lockFleetOf(trx, id)
      const release = await loadRelease(trx, id)
      if (release.status !== "success") {
        throw new FleetError(
          "RELEASE_NOT_SUCCESSFUL",
          `release ${id} of ${release.fleet} (${rawVersion(release)}) is ${release.status}, not success`,
          { hint: "only a release whose build succeeded can be finalized, invalidated or validated" },
        )
      }
      await change(trx, release, fleetId)
      return loadRelease(trx, id)
    })
  }
}

function checkRequestedRevision({ requestedRevision }: RequestedVersion, revision: number | null): void {
  if (requestedRevision === undefined || requestedRevision === revision) return
  const next = revision === null ? "a draft has no revision" : `the next revision is ${revision}`
  throw new FleetError("REVISION_MISMATCH", `the version asks for rev${requestedRevision}, but ${next}`, {
    hint: "leave the revision out of the version: the fleet assigns it",
  })
}

function fleetOf(row: FleetRow): Fleet {
  return {
    id: row.id,
    slug: row.slug,
    class: row.class,
    registry: row.registry,
    createdAt: row.created_at,
  }
}
