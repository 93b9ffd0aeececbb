import type { Transaction } from "kysely"
import { deviceNotFound } from "../fleet/not-found.ts"
import type { DevicePlace } from "../fleet/policy.ts"
import type { FleetSlug } from "../fleet/slug.ts"
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
 * Locks the fleets of devices, and those with the ids `besides`. Throws `DEVICE_NOT_FOUND`, and `StaleRead` where a
 * device is in another fleet by the time that its fleet is locked.
 */
export async function lockDevices(
  trx: Transaction<Schema>,
  uuids: readonly string[],
  besides: readonly number[] = [],
): Promise<{ devices: LockedDevice[]; fleets: ReadonlyMap<number, LockedFleet> }> {
  const seen = await readDevices(trx, uuids)
  const fleets = await lockFleets(trx, [...seen.map(({ place }) => place.fleet), ...besides])
  const devices = await readDevices(trx, uuids)
  if (devices.some(({ place }) => !fleets.has(place.fleet))) throw new StaleRead()
  return { devices, fleets }
}

/** Reads devices, each once, in order of the uuids. Throws `DEVICE_NOT_FOUND`. */
export async function readDevices(
  trx: Transaction<Schema>,
  uuids: readonly string[],
): Promise<LockedDevice[]> {
  const devices: LockedDevice[] = []
  for (const some of inParts([...new Set(uuids)])) {
    const rows = await trx
      .selectFrom("devices")
      .innerJoin("fleets", "fleets.id", "devices.fleet_id")
      .select(["devices.id", "uuid", "slug", "fleet_id", "devices.pinned_release_id", "devices.generation"])
      .where("uuid", "in", some)
      .execute()
    const found = new Map(rows.map((row) => [row.uuid, row]))
    for (const uuid of some) {
      const row = found.get(uuid)
      if (row === undefined) throw deviceNotFound(uuid)
      const place = { fleet: row.fleet_id, pin: row.pinned_release_id, generation: row.generation }
      devices.push({ id: row.id, uuid, slug: row.slug, place })
    }
  }
  return devices
}
