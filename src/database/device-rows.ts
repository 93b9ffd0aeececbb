import type { InferResult, Kysely } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Device, DeviceTargetName } from "../fleet/device.ts"
import { deviceNotFound } from "../fleet/not-found.ts"
import { targetOfDevice } from "../fleet/policy.ts"
import { inParts } from "./in-parts.ts"
import { releaseNameColumns, releaseNameOf } from "./release-names.ts"
import type { Schema } from "./schema.ts"

/** Selects devices with all that could be their target: which of it is, policy says. */
function selectTargets(db: Kysely<Schema>) {
  return db
    .selectFrom("devices")
    .innerJoin("fleets", "fleets.id", "devices.fleet_id")
    .leftJoin("releases as pin", "pin.id", "devices.pinned_release_id")
    .leftJoin("releases as fleet_pin", "fleet_pin.id", "fleets.pinned_release_id")
    .leftJoin("releases as tracked", "tracked.id", "fleets.tracked_release_id")
    .select(["devices.uuid", "fleets.slug"])
    .select(releaseNameColumns("pin"))
    .select(releaseNameColumns("fleet_pin"))
    .select(releaseNameColumns("tracked"))
}

type TargetRow = InferResult<ReturnType<typeof selectTargets>>[number]

/** Selects the rows that `deviceOf` reads. */
export function selectDevices(db: Kysely<Schema>) {
  return selectTargets(db)
    .leftJoin("releases as current", "current.id", "devices.current_release_id")
    .leftJoin("fleets as current_fleet", "current_fleet.id", "current.fleet_id")
    .select(["devices.id", "devices.name", "devices.reported_at", "devices.registered_at"])
    .select(["devices.generation", "current_fleet.slug as current_slug"])
    .select(releaseNameColumns("current"))
}

type DeviceRow = InferResult<ReturnType<typeof selectDevices>>[number]

export function deviceOf(row: DeviceRow): Device {
  return {
    id: row.id,
    uuid: row.uuid,
    name: row.name,
    fleet: row.slug,
    pin: releaseNameOf(row, "pin", row.slug),
    target: targetOf(row),
    current: releaseNameOf(row, "current", row.current_slug),
    reportedAt: row.reported_at,
    registeredAt: row.registered_at,
    generation: row.generation,
  }
}

/** Throws `DEVICE_NOT_FOUND`. */
export async function loadDevice(
  db: Kysely<Schema>,
  uuid: string,
  options: OperationOptions = {},
): Promise<Device> {
  options.signal?.throwIfAborted()
  const row = await selectDevices(db).where("devices.uuid", "=", uuid).executeTakeFirst(options)
  if (row === undefined) throw deviceNotFound(uuid)
  return deviceOf(row)
}

/** Reads devices, each once, in order of the uuids. Throws `DEVICE_NOT_FOUND`. */
export async function loadDevices(db: Kysely<Schema>, uuids: readonly string[]): Promise<Device[]> {
  const devices: Device[] = []
  for (const some of inParts([...new Set(uuids)])) {
    const rows = await selectDevices(db).where("devices.uuid", "in", some).execute()
    const found = new Map(rows.map((row) => [row.uuid, deviceOf(row)]))
    for (const uuid of some) {
      const device = found.get(uuid)
      if (device === undefined) throw deviceNotFound(uuid)
      devices.push(device)
    }
  }
  return devices
}

/** Reads what a device should run, in one query. Throws `DEVICE_NOT_FOUND`. */
export async function peekTarget(
  db: Kysely<Schema>,
  uuid: string,
  options: OperationOptions = {},
): Promise<DeviceTargetName> {
  options.signal?.throwIfAborted()
  const row = await selectTargets(db)
    .select("fleets.registry")
    .where("devices.uuid", "=", uuid)
    .executeTakeFirst(options)
  if (row === undefined) throw deviceNotFound(uuid)
  const { slug: fleet, registry } = row
  return { uuid, fleet, target: targetOf(row), registry, isPinned: row.pin_id !== null }
}

function targetOf(row: TargetRow) {
  return targetOfDevice(releaseNameOf(row, "pin", row.slug), {
    pin: releaseNameOf(row, "fleet_pin", row.slug),
    tracked: releaseNameOf(row, "tracked", row.slug),
  })
}
