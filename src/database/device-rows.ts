import type { ExpressionBuilder, InferResult, Kysely } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Device, DeviceCounts, DeviceTargetName } from "../fleet/device.ts"
import type { TagCondition } from "../fleet/device-tags.ts"
import type { DeviceOptions } from "../fleet/fleet-store.ts"
import { deviceAmbiguous, deviceNotFound } from "../fleet/not-found.ts"
import { targetOfDevice } from "../fleet/policy.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { inTurns } from "./in-turns.ts"
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

/** The devices that rows tell of, with their tags. */
export async function devicesOf(
  db: Kysely<Schema>,
  rows: readonly DeviceRow[],
  { signal }: OperationOptions = {},
): Promise<Device[]> {
  const tags = await readTags(db, rows, signal)
  return rows.map((row) => deviceOf(row, tags.get(row.id)))
}

/** Reads the tags of devices, by their ids. After their rows: tags that are newer than the generation beside them do no harm. */
export async function readTags(
  db: Kysely<Schema>,
  devices: readonly { id: number }[],
  signal: AbortSignal | undefined,
): Promise<Map<number, Record<string, string>>> {
  const tags = new Map<number, Record<string, string>>()
  for await (const some of inTurns(devices.map(({ id }) => id))) {
    const found = await db
      .selectFrom("device_tags")
      .selectAll()
      .where("device_id", "in", some)
      .orderBy("key")
      .execute({ signal })
    for (const [id, rows] of Map.groupBy(found, (row) => row.device_id)) {
      tags.set(id, Object.fromEntries(rows.map(({ key, value }) => [key, value])))
    }
  }
  return tags
}

function deviceOf(row: DeviceRow, tags: Record<string, string> = {}): Device {
  return {
    id: row.id,
    uuid: row.uuid,
    name: row.name,
    tags,
    fleet: row.slug,
    pin: releaseNameOf(row, "pin", row.slug),
    target: targetOf(row),
    current: releaseNameOf(row, "current", row.current_slug),
    reportedAt: row.reported_at,
    registeredAt: row.registered_at,
    generation: row.generation,
  }
}

/** For `where`: the devices with these uuids, of one organization or of all. */
export function namedDevices(uuids: readonly string[], organization: string | undefined) {
  return (of: ExpressionBuilder<Schema, "devices">) => {
    const [uuid] = uuids
    const named =
      uuids.length === 1 && uuid !== undefined
        ? of("devices.uuid", "=", uuid)
        : of("devices.uuid", "in", [...uuids])
    if (organization === undefined) return named
    const id = of.selectFrom("organizations").select("id").where("name", "=", organization)
    return of.and([named, of("devices.organization_id", "=", id)])
  }
}

/**
 * For `where`: the devices whose uuid begins so, and that have all these tags. One list of ids for all of that: of two, SQLite tries
 * each id of the one with each of the other.
 */
export function foundDevices(beginning: string | undefined, conditions: readonly TagCondition[]) {
  return (of: ExpressionBuilder<Schema, "devices">) => {
    const tagged = conditions.map(({ key, value }) => {
      const query = of.selectFrom("device_tags").select("device_id as id").where("key", "=", key)
      return value === undefined ? query : query.where("value", "=", value)
    })
    // Of hex digits alone, all that begin with a text lie between it and it with a "g" behind: an index serves that. By
    // itself, lest SQLite go through all devices of the fleet in their order instead.
    const begun = (beginning === undefined ? [] : [beginning]).map((uuid) =>
      of.selectFrom("devices").select("id").where("uuid", ">=", uuid).where("uuid", "<", `${uuid}g`),
    )
    const [first, ...others] = [...begun, ...tagged]
    if (first === undefined) return of.lit(true)
    return of(
      "devices.id",
      "in",
      others.reduce((query, other) => query.intersect(other), first),
    )
  }
}

/** The only row of a device. Throws `DEVICE_NOT_FOUND`, and `DEVICE_AMBIGUOUS` for those of several organizations. */
export function onlyDevice<Row extends { slug: FleetSlug }>(uuid: string, rows: readonly Row[] = []): Row {
  const [row] = rows
  if (row === undefined) throw deviceNotFound(uuid)
  if (rows.length === 1) return row
  throw deviceAmbiguous(
    uuid,
    rows.map(({ slug }) => slug),
  )
}

/** Throws `DEVICE_NOT_FOUND`, `DEVICE_AMBIGUOUS`. */
export async function loadDevice(
  db: Kysely<Schema>,
  uuid: string,
  { organization, signal }: DeviceOptions = {},
): Promise<Device> {
  signal?.throwIfAborted()
  const rows = await selectDevices(db)
    .where(namedDevices([uuid], organization))
    .execute({ signal })
  const row = onlyDevice(uuid, rows)
  return deviceOf(row, (await readTags(db, [row], signal)).get(row.id))
}

/** Reads devices that are there, by their ids and in the order of those. */
export async function loadDevices(db: Kysely<Schema>, ids: readonly number[]): Promise<Device[]> {
  const devices: Device[] = []
  for await (const some of inTurns(ids)) {
    const rows = await selectDevices(db).where("devices.id", "in", some).execute()
    const found = new Map((await devicesOf(db, rows)).map((device) => [device.id, device]))
    devices.push(...some.flatMap((id) => found.get(id) ?? []))
  }
  return devices
}

/** Reads what a device should run, in one query. Throws `DEVICE_NOT_FOUND`, `DEVICE_AMBIGUOUS`. */
export async function peekTarget(
  db: Kysely<Schema>,
  uuid: string,
  { organization, signal }: DeviceOptions = {},
): Promise<DeviceTargetName> {
  signal?.throwIfAborted()
  const rows = await selectTargets(db)
    .select("fleets.registry")
    .where(namedDevices([uuid], organization))
    .execute({ signal })
  const row = onlyDevice(uuid, rows)
  const { slug: fleet, registry } = row
  return { uuid, fleet, target: targetOf(row), registry, isPinned: row.pin_id !== null }
}

function targetOf(row: TargetRow) {
  return targetOfDevice(releaseNameOf(row, "pin", row.slug), {
    pin: releaseNameOf(row, "fleet_pin", row.slug),
    tracked: releaseNameOf(row, "tracked", row.slug),
  })
}

/** Of a fleet, by its id. */
export async function countDevicesOf(db: Kysely<Schema>, fleetId: number): Promise<DeviceCounts> {
  // Each an index of its own holds no more than what is counted.
  const { all, pinned } = await db
    .selectNoFrom(({ selectFrom, fn }) => [
      selectFrom("devices")
        .select(fn.countAll<number>().as("count"))
        .where("fleet_id", "=", fleetId)
        .as("all"),
      selectFrom("devices")
        .select(fn.countAll<number>().as("count"))
        .where("fleet_id", "=", fleetId)
        .where("pinned_release_id", "is not", null)
        .as("pinned"),
    ])
    .executeTakeFirstOrThrow()
  return { tracking: Number(all) - Number(pinned), pinned: Number(pinned) }
}
