import type { Transaction } from "kysely"
import type { DevicePlace } from "../fleet/policy.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { namedDevices, onlyDevice } from "./device-rows.ts"
import { inParts } from "./in-parts.ts"
import { type LockedFleet, lockFleets } from "./locks.ts"
import type { Schema } from "./schema.ts"
import { StaleRead } from "./transaction.ts"

/** A device that nobody else moves, pins or removes, as its fleet is locked. */
export interface LockedDevice {
  id: number
  uuid: string
  /** Of its fleet. */
  slug: FleetSlug
  place: DevicePlace
}

/**
 * Locks the fleets of devices, and those with the ids `besides`. Throws `DEVICE_NOT_FOUND`, `DEVICE_AMBIGUOUS`, and
 * `StaleRead` where a device is in another fleet by the time that its fleet is locked.
 */
export async function lockDevices(
  trx: Transaction<Schema>,
  uuids: readonly string[],
  organization: string | undefined,
  besides: readonly number[] = [],
): Promise<{ devices: LockedDevice[]; fleets: ReadonlyMap<number, LockedFleet> }> {
  const seen = await readDevices(trx, uuids, organization)
  const fleets = await lockFleets(trx, [...seen.map(({ place }) => place.fleet), ...besides])
  const devices = await readDevices(trx, uuids, organization)
  if (devices.some(({ place }) => !fleets.has(place.fleet))) throw new StaleRead()
  return { devices, fleets }
}

/** Reads devices, each once, in order of the uuids. Throws `DEVICE_NOT_FOUND`, `DEVICE_AMBIGUOUS`. */
export async function readDevices(
  trx: Transaction<Schema>,
  uuids: readonly string[],
  organization: string | undefined,
): Promise<LockedDevice[]> {
  const devices: LockedDevice[] = []
  for (const some of inParts([...new Set(uuids)])) {
    const rows = await trx
      .selectFrom("devices")
      .innerJoin("fleets", "fleets.id", "devices.fleet_id")
      .select(["devices.id", "uuid", "slug", "fleet_id", "devices.pinned_release_id", "devices.generation"])
      .where(namedDevices(some, organization))
      .execute()
    const found = Map.groupBy(rows, ({ uuid }) => uuid)
    for (const uuid of some) {
      const row = onlyDevice(uuid, found.get(uuid))
      const place = { fleet: row.fleet_id, pin: row.pinned_release_id, generation: row.generation }
      devices.push({ id: row.id, uuid, slug: row.slug, place })
    }
  }
  return devices
}
