import type { Transaction } from "kysely"
import { afterTagging, type TagChanges } from "../fleet/device-tags.ts"
import type { DeviceChangeOptions } from "../fleet/fleet-store.ts"
import { deviceExists } from "../fleet/not-found.ts"
import { afterDevicePin, afterMove, checkDevicePin, checkGeneration } from "../fleet/policy.ts"
import type { ReleaseSummary } from "../fleet/release.ts"
import { organizationOf } from "../fleet/slug.ts"
import { readTags } from "./device-rows.ts"
import { isDuplicate } from "./duplicate.ts"
import { addEvents, type NewEvent } from "./events.ts"
import { inTurns } from "./in-turns.ts"
import type { LockedDevice } from "./locked-devices.ts"
import type { LockedFleet } from "./locks.ts"
import type { Schema } from "./schema.ts"
import { StaleRead } from "./transaction.ts"

// Changes of locked devices, however many: a statement for each thousand, and others have their turn between. Each gives the devices
// for which it was one, which stand in the history then.

export function checkGenerations(
  devices: readonly LockedDevice[],
  { generation }: Pick<DeviceChangeOptions, "generation">,
): void {
  for (const { uuid, place } of devices) checkGeneration(`device ${uuid}`, place.generation, generation)
}

/** Throws what `checkDevicePin` throws. */
export async function pinLocked(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  release: ReleaseSummary,
  options: DeviceChangeOptions,
): Promise<LockedDevice[]> {
  for (const { uuid, slug } of devices) checkDevicePin({ uuid, fleet: slug }, release)
  const changed = await savePins(trx, devices, release.id)
  const events = changed.map(({ uuid, slug }) => ({
    action: "device.pin" as const,
    fleet: slug,
    release,
    device: uuid,
  }))
  await addEvents(trx, options, ...events)
  return changed
}

export async function unpinLocked(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  options: DeviceChangeOptions,
): Promise<LockedDevice[]> {
  const changed = await savePins(trx, devices, null)
  const events = changed.map(({ uuid, slug }) => ({
    action: "device.track-fleet" as const,
    fleet: slug,
    device: uuid,
  }))
  await addEvents(trx, options, ...events)
  return changed
}

/** Throws what `checkDevicePin` throws, and `DEVICE_EXISTS`. */
export async function moveLocked(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  fleet: LockedFleet,
  release: ReleaseSummary | undefined,
  options: DeviceChangeOptions,
): Promise<LockedDevice[]> {
  if (release !== undefined) {
    for (const { uuid } of devices) checkDevicePin({ uuid, fleet: fleet.slug }, release)
  }
  const changed = devices.filter(({ place }) => afterMove(place, fleet.id, release?.id) !== place)
  const organization = organizationOf(fleet.slug)
  const foreign = changed.filter(({ slug }) => organizationOf(slug) !== organization)
  await refuseKnown(trx, foreign, fleet)
  for await (const some of inTurns(idsOf(changed))) {
    await trx
      .updateTable("devices")
      .set((expression) => ({
        fleet_id: fleet.id,
        organization_id: fleet.organizationId,
        pinned_release_id: release?.id ?? null,
        generation: expression("generation", "+", 1),
      }))
      .where("id", "in", some)
      .execute()
      .catch((error) => {
        // Registered there since it was looked for: it is found now.
        throw isDuplicate(error) ? new StaleRead() : error
      })
  }
  // What they run is of the other organization, which alone may know of it.
  for await (const some of inTurns(idsOf(foreign))) {
    await trx.updateTable("devices").set({ current_release_id: null }).where("id", "in", some).execute()
  }
  const events = changed.flatMap(({ uuid: device, slug, place }): NewEvent[] =>
    place.fleet === fleet.id
      ? [{ action: "device.pin", fleet: slug, release, device }]
      : [
          { action: "device.leave", fleet: slug, device, otherFleet: fleet.slug },
          { action: "device.join", fleet: fleet.slug, release, device, otherFleet: slug },
        ],
  )
  await addEvents(trx, options, ...events)
  return changed
}

/** Throws what `afterTagging` throws. */
export async function tagLocked(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  changes: TagChanges,
  options: DeviceChangeOptions,
): Promise<LockedDevice[]> {
  const keys = Object.keys(changes)
  const touched = new Set<string>()
  const changed: LockedDevice[] = []
  for await (const some of inTurns(devices)) {
    const tags = await readTags(trx, some, options.signal)
    const events = some.flatMap((device) => {
      const before = new Map(Object.entries(tags.get(device.id) ?? {}))
      const after = afterTagging(before, changes)
      const values = keys
        .map((key) => ({ of: `tags.${key}`, before: before.get(key) ?? null, after: after.get(key) ?? null }))
        .filter((value) => value.before !== value.after)
      if (values.length === 0) return []
      changed.push(device)
      for (const { of } of values) touched.add(of.slice("tags.".length))
      return [{ action: "device.tag" as const, fleet: device.slug, device: device.uuid, values }]
    })
    await addEvents(trx, options, ...events)
  }
  for await (const some of inTurns(idsOf(changed))) {
    for await (const part of inTurns([...touched])) {
      await trx.deleteFrom("device_tags").where("device_id", "in", some).where("key", "in", part).execute()
    }
    await trx
      .updateTable("devices")
      .set((expression) => ({ generation: expression("generation", "+", 1) }))
      .where("id", "in", some)
      .execute()
  }
  const set = [...touched].flatMap((key) => {
    const value = changes[key]
    return value == null ? [] : [{ key, value }]
  })
  const rows = changed.flatMap(({ id }) => set.map((tag) => ({ device_id: id, ...tag })))
  for await (const some of inTurns(rows)) await trx.insertInto("device_tags").values(some).execute()
  return changed
}

export async function removeLocked(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  options: DeviceChangeOptions,
): Promise<readonly LockedDevice[]> {
  for await (const some of inTurns(idsOf(devices))) {
    await trx.deleteFrom("devices").where("id", "in", some).execute()
  }
  const events = devices.map(({ uuid, slug }) => ({
    action: "device.remove" as const,
    fleet: slug,
    device: uuid,
  }))
  await addEvents(trx, options, ...events)
  return devices
}

export function idsOf(devices: readonly LockedDevice[]): number[] {
  return devices.map(({ id }) => id)
}

/** Throws `DEVICE_EXISTS` for devices that the organization of a fleet has others of. */
async function refuseKnown(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  fleet: LockedFleet,
): Promise<void> {
  for await (const some of inTurns(devices.map(({ uuid }) => uuid))) {
    const known = await trx
      .selectFrom("devices")
      .select("uuid")
      .where("organization_id", "=", fleet.organizationId)
      .where("uuid", "in", some)
      .executeTakeFirst()
    if (known !== undefined) throw deviceExists(known.uuid, organizationOf(fleet.slug))
  }
}

/** Pins devices, or lets them follow with `null`, and gives those for which that is new. */
async function savePins(
  trx: Transaction<Schema>,
  devices: readonly LockedDevice[],
  pin: number | null,
): Promise<LockedDevice[]> {
  const changed = devices.filter(({ place }) => afterDevicePin(place, pin) !== place)
  for await (const some of inTurns(idsOf(changed))) {
    await trx
      .updateTable("devices")
      .set((expression) => ({ pinned_release_id: pin, generation: expression("generation", "+", 1) }))
      .where("id", "in", some)
      .execute()
  }
  return changed
}
