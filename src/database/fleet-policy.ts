import type { Kysely, Transaction } from "kysely"
import { afterReleaseChange, afterRemoval, type FleetPolicy, targetOfFleet } from "../fleet/policy.ts"
import type { ReleaseName } from "../fleet/release.ts"
import type { TargetChange } from "../fleet/target-change.ts"
import { countDevicesOf } from "./device-rows.ts"
import type { LockedFleet } from "./locks.ts"
import { releaseNameColumns, releaseNameOf } from "./release-names.ts"
import type { Schema } from "./schema.ts"

/** The newest release of a fleet for which `canBeLatest` holds, `except` left out. */
export async function findLatestId(
  db: Kysely<Schema>,
  fleetId: number,
  except?: number,
): Promise<number | null> {
  let query = db
    .selectFrom("releases")
    .select("id")
    .where("fleet_id", "=", fleetId)
    .where("status", "=", "success")
    .where("revision", "is not", null)
    .where("invalidated_at", "is", null)
    .orderBy("id", "desc")
    .limit(1)
  if (except !== undefined) query = query.where("id", "!=", except)
  const latest = await query.executeTakeFirst()
  return latest?.id ?? null
}

/** Sets what a locked fleet tracks, after one of its releases was recorded or changed. */
export async function followReleases(trx: Transaction<Schema>, fleet: LockedFleet): Promise<TargetChange> {
  return savePolicy(trx, fleet, afterReleaseChange(fleet.policy, await findLatestId(trx, fleet.id)))
}

/** The same for a release that is about to be removed, which the fleet must not refer to then. */
export async function leaveRelease(
  trx: Transaction<Schema>,
  fleet: LockedFleet,
  releaseId: number,
): Promise<void> {
  const latest = await findLatestId(trx, fleet.id, releaseId)
  await savePolicy(trx, fleet, afterRemoval(fleet.policy, releaseId, latest))
}

/** Sets the policy of a locked fleet, and gives what that does to its target. */
export async function savePolicy(
  trx: Transaction<Schema>,
  fleet: LockedFleet,
  { pin, tracked, generation }: FleetPolicy,
): Promise<TargetChange> {
  await trx
    .updateTable("fleets")
    .set({ pinned_release_id: pin, tracked_release_id: tracked, generation })
    .where("id", "=", fleet.id)
    .execute()
  return {
    before: await nameRelease(trx, fleet, targetOfFleet(fleet.policy)),
    after: await nameRelease(trx, fleet, targetOfFleet({ pin, tracked })),
    isPinned: pin !== null,
    devices: await countDevicesOf(trx, fleet.id),
  }
}

async function nameRelease(
  trx: Transaction<Schema>,
  { slug }: LockedFleet,
  id: number | null,
): Promise<ReleaseName | null> {
  if (id === null) return null
  const row = await trx
    .selectFrom("releases as release")
    .select(releaseNameColumns("release"))
    .where("release.id", "=", id)
    .executeTakeFirstOrThrow()
  return releaseNameOf(row, "release", slug)
}
