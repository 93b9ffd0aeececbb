import type { Kysely, Transaction } from "kysely"
import { afterReleaseChange, afterRemoval, type FleetPolicy } from "../fleet/policy.ts"
import type { LockedFleet } from "./locks.ts"
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
export async function followReleases(trx: Transaction<Schema>, fleet: LockedFleet): Promise<void> {
  await savePolicy(trx, fleet, afterReleaseChange(fleet.policy, await findLatestId(trx, fleet.id)))
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

export async function savePolicy(
  trx: Transaction<Schema>,
  { id }: LockedFleet,
  { pin, tracked, generation }: FleetPolicy,
): Promise<void> {
  await trx
    .updateTable("fleets")
    .set({ pinned_release_id: pin, tracked_release_id: tracked, generation })
    .where("id", "=", id)
    .execute()
}
