import type { InferResult, Transaction } from "kysely"
import { type DeviceGroup, noSuchDevice } from "../fleet/device-tags.ts"
import type { DeviceSelection } from "../fleet/fleet-store.ts"
import type { DevicePlace } from "../fleet/policy.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { foundDevices, namedDevices, onlyDevice } from "./device-rows.ts"
import { findFleetId } from "./fleet-rows.ts"
import { inTurns } from "./in-turns.ts"
import { type LockedFleet, lockFleets } from "./locks.ts"
import type { Schema } from "./schema.ts"
import { StaleRead } from "./transaction.ts"

/** A device that nobody else changes or removes, as its fleet is locked. */
export interface LockedDevice {
  id: number
  uuid: string
  name: string | null
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
  selection: DeviceSelection,
  organization: string | undefined,
  besides: readonly number[] = [],
): Promise<{ devices: LockedDevice[]; fleets: ReadonlyMap<number, LockedFleet> }> {
  const seen = await readDevices(trx, selection, organization)
  const fleets = await lockFleets(trx, [...seen.map(({ place }) => place.fleet), ...besides])
  const devices = await readDevices(trx, selection, organization)
  if (devices.some(({ place }) => !fleets.has(place.fleet))) throw new StaleRead()
  return { devices, fleets }
}

/**
 * Reads devices, each once: in order of the uuids, or of their registration. Throws `DEVICE_NOT_FOUND`, `DEVICE_AMBIGUOUS`.
 */
export async function readDevices(
  trx: Transaction<Schema>,
  selection: DeviceSelection,
  organization: string | undefined,
): Promise<LockedDevice[]> {
  if ("where" in selection) return readGroup(trx, selection)
  const devices: LockedDevice[] = []
  for await (const some of inTurns([...new Set(selection)])) {
    const rows = await selectLocked(trx).where(namedDevices(some, organization)).execute()
    const found = Map.groupBy(rows, ({ uuid }) => uuid)
    devices.push(...some.map((uuid) => lockedDevice(onlyDevice(uuid, found.get(uuid)))))
  }
  return devices
}

async function readGroup(trx: Transaction<Schema>, group: DeviceGroup): Promise<LockedDevice[]> {
  const id = await findFleetId(trx, group.fleet)
  const rows = await selectLocked(trx)
    .where("devices.fleet_id", "=", id)
    .where(foundDevices(undefined, group.where))
    .orderBy("devices.id")
    .execute()
  if (rows.length === 0) throw noSuchDevice(group)
  return rows.map(lockedDevice)
}

export function selectLocked(trx: Transaction<Schema>) {
  return trx
    .selectFrom("devices")
    .innerJoin("fleets", "fleets.id", "devices.fleet_id")
    .select(["devices.id", "uuid", "name", "slug", "fleet_id", "devices.pinned_release_id"])
    .select("devices.generation")
}

type LockedRow = InferResult<ReturnType<typeof selectLocked>>[number]

export function lockedDevice({ id, uuid, name, slug, ...row }: LockedRow): LockedDevice {
  const place = { fleet: row.fleet_id, pin: row.pinned_release_id, generation: row.generation }
  return { id, uuid, name, slug, place }
}
