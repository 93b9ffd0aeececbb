import { setImmediate } from "node:timers/promises"
import {
  type ExpressionBuilder,
  type Kysely,
  type RawBuilder,
  type SqlBool,
  sql,
  type Transaction,
} from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import { type Device, type DeviceFilter, type DeviceOrder, parseUuidBeginning } from "../fleet/device.ts"
import type { FleetDevices } from "../fleet/device-group.ts"
import type { DevicePageOptions } from "../fleet/list-options.ts"
import { type RolloutPart, silentBefore } from "../fleet/rollout.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { devicesOf, foundDevices, selectDevices } from "./device-rows.ts"
import { findFleetId } from "./fleet-rows.ts"
import { contains } from "./like.ts"
import { type LockedDevice, lockedDevice, selectLocked } from "./locked-devices.ts"
import { cut } from "./page.ts"
import type { Schema } from "./schema.ts"

type Devices = ExpressionBuilder<Schema, "devices" | "fleets">

/** Devices that are read at once, until others have their turn. */
const PART = 10_000

const ORDER = {
  name: sql`lower(devices.name)`,
  uuid: sql`devices.uuid`,
  reportedAt: sql`devices.reported_at`,
  registeredAt: undefined,
} as const

/** Throws `FLEET_NOT_FOUND`, `INVALID_DEVICE`. */
export async function listDevices(
  db: Kysely<Schema>,
  filter: DeviceFilter,
  { after, limit, offset, sort, ...options }: DevicePageOptions,
): Promise<Device[]> {
  options.signal?.throwIfAborted()
  const matching = await matchingDevices(db, filter, options)
  if (offset === undefined && sort === undefined) {
    let query = selectDevices(db).where(matching).orderBy("devices.id")
    if (after !== undefined) query = query.where("devices.id", ">", after)
    return devicesOf(db, await cut(query, { limit }).execute(), options)
  }
  // What belongs to those that are left out is not looked for.
  const order = orderOf(sort)
  let page = selectMatching(db).select("devices.id").where(matching).orderBy(order)
  if (after !== undefined) page = page.where("devices.id", ">", after)
  const rows = await selectDevices(db)
    .where("devices.id", "in", cut(page, { limit, offset }))
    .orderBy(order)
    .execute()
  return devicesOf(db, rows, options)
}

/** Throws `FLEET_NOT_FOUND`, `INVALID_DEVICE`. */
export async function totalDevices(
  db: Kysely<Schema>,
  filter: DeviceFilter,
  options: OperationOptions = {},
): Promise<number> {
  options.signal?.throwIfAborted()
  const { total } = await selectMatching(db)
    .where(await matchingDevices(db, filter, options))
    .select(({ fn }) => fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow()
  return Number(total)
}

/** Devices of one fleet, by what decides their target. */
export interface TargetCount {
  fleetId: number
  slug: FleetSlug
  fleetPin: number | null
  fleetTracked: number | null
  pin: number | null
  devices: number
  /** Of one of them. */
  uuid: string
}

/** Counts devices by what decides their target; `ids` are those that may be counted. Throws `FLEET_NOT_FOUND`, `INVALID_DEVICE`. */
export async function countTargets(
  db: Kysely<Schema>,
  filter: DeviceFilter,
  ids?: readonly number[],
): Promise<TargetCount[]> {
  let query = selectMatching(db)
    .where(await matchingDevices(db, filter, {}))
    .select(["fleets.id as fleetId", "fleets.slug", "fleets.pinned_release_id as fleetPin"])
    .select(["fleets.tracked_release_id as fleetTracked", "devices.pinned_release_id as pin"])
    .select(({ fn }) => [fn.countAll<number>().as("devices"), fn.min("devices.uuid").as("uuid")])
    .groupBy(["fleets.id", "fleets.slug", "fleets.pinned_release_id", "fleets.tracked_release_id"])
    .groupBy("devices.pinned_release_id")
  if (ids !== undefined) query = query.where("devices.id", "in", [...ids])
  const counts = await query.execute()
  return counts.map((count) => ({ ...count, devices: Number(count.devices) }))
}

/** Reads the devices of a locked fleet, in order of registration. Throws `FLEET_NOT_FOUND`, `INVALID_DEVICE`. */
export async function readMatching(trx: Transaction<Schema>, filter: FleetDevices): Promise<LockedDevice[]> {
  const matching = await matchingDevices(trx, filter, {})
  const devices: LockedDevice[] = []
  for (let after = 0; ; await setImmediate()) {
    const rows = await selectLocked(trx)
      .where(matching)
      .where("devices.id", ">", after)
      .orderBy("devices.id")
      .limit(PART)
      .execute()
    devices.push(...rows.map(lockedDevice))
    after = rows.at(-1)?.id ?? 0
    if (rows.length < PART) return devices
  }
}

function selectMatching(db: Kysely<Schema>) {
  return db.selectFrom("devices").innerJoin("fleets", "fleets.id", "devices.fleet_id")
}

/** For `where`: the devices that a filter lets through. */
async function matchingDevices(
  db: Kysely<Schema>,
  { fleet, organization, uuid, name, policy, where = [], ...filter }: DeviceFilter,
  options: OperationOptions,
) {
  const fleetId = fleet === undefined ? undefined : await findFleetId(db, fleet, options)
  const beginning = uuid === undefined ? undefined : parseUuidBeginning(uuid)
  return (of: Devices) => {
    const conditions = []
    if (fleetId !== undefined) conditions.push(of("devices.fleet_id", "=", fleetId))
    if (organization !== undefined) {
      const id = of.selectFrom("organizations").select("id").where("name", "=", organization)
      conditions.push(of("devices.organization_id", "=", id))
    }
    if (uuid !== undefined || where.length > 0) conditions.push(foundDevices(beginning, where)(of))
    if (name !== undefined) conditions.push(of("devices.name", "=", name))
    if (policy !== undefined) {
      conditions.push(of("devices.pinned_release_id", policy === "pinned" ? "is not" : "is", null))
    }
    if (filter.search !== undefined) conditions.push(isSearched(of, filter.search))
    if (filter.rollout !== undefined) {
      conditions.push(partsOf(silentBefore(filter.rollout))[filter.rollout.part])
    }
    if (filter.silent !== undefined) conditions.push(partsOf(silentBefore(filter.silent)).silent)
    if (filter.current === null) conditions.push(of("devices.current_release_id", "is", null))
    else if (filter.current !== undefined) {
      conditions.push(of("devices.current_release_id", "=", filter.current))
    }
    if (filter.target !== undefined) conditions.push(hasTarget(of, filter.target))
    return of.and(conditions)
  }
}

function isSearched(of: Devices, text: string) {
  const uuid = text.toLowerCase()
  const named = contains("devices.name", text)
  if (!/^[0-9a-f]+$/.test(uuid)) return named
  return of.or([named, of.and([of("devices.uuid", ">=", uuid), of("devices.uuid", "<", `${uuid}g`)])])
}

function hasTarget(of: Devices, id: number) {
  const isPinned = of("devices.pinned_release_id", "=", id)
  const follows = of.and([of("devices.pinned_release_id", "is", null), of(fleetTarget, "=", id)])
  return of.or([isPinned, follows])
}

/** The parts of a rollout, as `rolloutPartOf` says; `before` is what `silentBefore` gives. */
export function partsOf(before: string): Record<RolloutPart, RawBuilder<SqlBool>> {
  const reports = sql`devices.reported_at >= ${before}`
  const isElsewhere = sql`devices.pinned_release_id <> coalesce(${fleetTarget}, 0)`
  const follows = sql`(devices.pinned_release_id is null or devices.pinned_release_id = ${fleetTarget})`
  return {
    silent: sql`(devices.reported_at is null or devices.reported_at < ${before})`,
    "pinned-elsewhere": sql`(${reports} and ${isElsewhere})`,
    "on-target": sql`(${reports} and ${follows}
      and devices.current_release_id is not distinct from ${fleetTarget})`,
    "on-the-way": sql`(${reports} and ${follows}
      and devices.current_release_id is distinct from ${fleetTarget})`,
  }
}

/** As `targetOfFleet` says. */
const fleetTarget = sql<number | null>`coalesce(fleets.pinned_release_id, fleets.tracked_release_id)`

/** For `orderBy`. */
function orderOf(sort: DeviceOrder = "registeredAt") {
  const isDescending = sort.startsWith("-")
  const key = ORDER[sort.replace("-", "") as keyof typeof ORDER]
  const [way, nulls] = isDescending ? [sql`desc`, sql`nulls last`] : [sql`asc`, sql`nulls first`]
  if (key === undefined) return sql`devices.id ${way}`
  return sql`${key} ${way} ${nulls}, devices.id ${way}`
}
