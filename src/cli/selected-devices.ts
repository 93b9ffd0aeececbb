import type { Device } from "../fleet/device.ts"
import {
  type DeviceGroup,
  noSuchDevice,
  parseTagConditions,
  printTagCondition,
  type TagCondition,
} from "../fleet/device-tags.ts"
import type { DeviceSelection } from "../fleet/fleet-store.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { Context } from "../operations/context.ts"
import { commonOrganization, findDevices } from "../operations/find-device.ts"
import { plural } from "./format.ts"

/** What says on a command line which devices it is for: their names with commas between, or a fleet and tags. */
export type NamedDevices = string | DeviceGroup

export interface TagOptions {
  /** As they were typed. */
  where?: readonly string[]
}

/** The conditions of `--where`; `undefined` where there are none. Throws `INVALID_DEVICE`. */
export function readConditions({ where }: TagOptions): TagCondition[] | undefined {
  return where && parseTagConditions(where)
}

/** Devices, as the store is asked to change them. */
interface SelectedDevices {
  devices: DeviceSelection
  organization: string | undefined
  /** Whose releases they can be pinned to; where they are of several, one of those. */
  fleet: FleetSlug
}

/** Throws as `findDevices` does. */
export async function selectDevices(context: Context, named: NamedDevices): Promise<SelectedDevices> {
  if (typeof named !== "string") return { devices: named, organization: undefined, fleet: named.fleet }
  const found = await findDevices(context, named)
  const [first] = found
  if (first === undefined) throw new TypeError("no device was found, and none was missed")
  const devices = found.map(({ uuid }) => uuid)
  return { devices, organization: commonOrganization(found), fleet: first.fleet }
}

/** The devices themselves. Throws the same, and `DEVICE_NOT_FOUND` where none has the tags. */
export async function readDevices(context: Context, named: NamedDevices): Promise<Device[]> {
  if (typeof named === "string") return findDevices(context, named)
  const found = await context.fleets.listDevices(named)
  if (found.length === 0) throw noSuchDevice(named)
  return found
}

/** Says how many devices have the tags that were asked for. */
export function printMatch(named: NamedDevices, devices: readonly Device[]): string {
  if (typeof named === "string") return ""
  const tags = named.where.map(printTagCondition).join(", ")
  return `${plural(devices.length, "device", "devices")} of ${named.fleet} with ${tags}\n`
}
