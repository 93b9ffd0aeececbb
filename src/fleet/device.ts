import type { TagCondition } from "./device-tags.ts"
import { FleetError } from "./fleet-error.ts"
import { isPlainText } from "./plain-text.ts"
import type { Release, ReleaseName } from "./release.ts"
import type { RolloutPart, Silence } from "./rollout.ts"
import { parseDeviceKey } from "./secret.ts"
import type { FleetSlug } from "./slug.ts"

export interface Device {
  /** Grows with every device that is registered: the order of lists. */
  id: number
  /** 32 hex digits, or 62: see `parseDeviceUuid`. Of an organization, one device has it. */
  uuid: string
  /** For people; need not be unique. */
  name: string | null
  /** For people and for selecting: see `DeviceGroup`. In order of their keys. */
  tags: Record<string, string>
  fleet: FleetSlug
  /** The release that it is pinned to; `null` means that it follows its fleet. */
  pin: ReleaseName | null
  /** What it should run: its own pin, else the target of its fleet. */
  target: ReleaseName | null
  /** What it last said that it runs. That may be a release of a fleet that it was in before. */
  current: ReleaseName | null
  /** When it last said so; ISO 8601, UTC. */
  reportedAt: string | null
  registeredAt: string
  /** Grows with each change of its own pin, fleet, name or tags. */
  generation: number
}

export interface NewDevice {
  uuid: string
  /** 1 to 255 characters. Default: none. */
  name?: string | undefined
  /** What the device will prove itself with at a server: see `parseDeviceKey`. Kept as its hash alone. */
  key: string
}

/** `pinned`: has a pin of its own. `tracking`: follows its fleet. */
export type DevicePolicy = "pinned" | "tracking"

export interface DeviceFilter {
  fleet?: FleetSlug | undefined
  organization?: string | undefined
  /** The beginning of a uuid, of 4 digits or more. */
  uuid?: string | undefined
  /** The whole name, as it is written. */
  name?: string | undefined
  policy?: DevicePolicy | undefined
  /** Tags that it has, all of them. */
  where?: readonly TagCondition[] | undefined
  /** In its name, capital letters of ASCII taken as lower case; or the beginning of its uuid. */
  search?: string | undefined
  /** Where it is in the rollout of its fleet. */
  rollout?: (Silence & { part: RolloutPart }) | undefined
  /** It has not reported for longer, or never. */
  silent?: Silence | undefined
  /** The id of the release that it last said that it runs; `null` for none. */
  current?: number | null | undefined
  /** The id of the release that it should run. */
  target?: number | undefined
}

/** What a list of devices is ordered by, with a `-` from the greatest to the least; what has none of it counts as the least. */
export const DEVICE_ORDERS = [
  "name",
  "-name",
  "uuid",
  "-uuid",
  "reportedAt",
  "-reportedAt",
  "registeredAt",
  "-registeredAt",
] as const

/** By name, capital letters of ASCII are as lower case. By `registeredAt` is the order of registration, which no clock can upset. */
export type DeviceOrder = (typeof DEVICE_ORDERS)[number]

/** What a device is to know of itself, in names. */
export interface DeviceTargetName extends Pick<Device, "uuid" | "fleet" | "target"> {
  /** Where its fleet keeps images: see `Fleet.registry`. */
  registry: string | null
  isPinned: boolean
}

/** What a device is to know of itself, and the whole release that it should run. */
export interface DeviceTarget extends Omit<DeviceTargetName, "target"> {
  release: Release | null
}

export interface DeviceCounts {
  tracking: number
  pinned: number
}

const UUID = /^(?:[0-9a-f]{32}|[0-9a-f]{62})$/
const UUID_BEGINNING = /^[0-9a-f]{4,62}$/

/** Of a device's name, in characters. */
export const MAX_DEVICE_NAME = 255

/** Parses the id of a device: 32 hex digits, or 62. Capital digits are taken as lower case. Throws `INVALID_DEVICE`. */
export function parseDeviceUuid(text: string): string {
  const uuid = text.toLowerCase()
  if (UUID.test(uuid)) return uuid
  throw invalid(`"${text.slice(0, 80)}" is not the uuid of a device`, "a uuid is 32 or 62 hex digits")
}

/** Whether a text can be the beginning of such an id. */
export function isUuidBeginning(text: string): boolean {
  return UUID_BEGINNING.test(text.toLowerCase())
}

/** Whether a text is such an id whole. */
export function isDeviceUuid(text: string): boolean {
  return UUID.test(text.toLowerCase())
}

/** Parses the beginning of such an id. Throws `INVALID_DEVICE`. */
export function parseUuidBeginning(text: string): string {
  if (isUuidBeginning(text)) return text.toLowerCase()
  throw invalid(
    `"${text.slice(0, 80)}" is not the beginning of a device's uuid`,
    "give 4 hex digits of it, or more",
  )
}

/** Checks a device that is to be registered. Throws `INVALID_DEVICE`. */
export function checkNewDevice({ uuid, name, key }: NewDevice): void {
  if (parseDeviceUuid(uuid) !== uuid) throw invalid(`the uuid ${uuid} is not in lower case`)
  parseDeviceKey(key)
  if (name !== undefined) checkDeviceName(name)
}

/** Throws `INVALID_DEVICE`. */
export function checkDeviceName(name: string): void {
  if (name.length === 0 || name.length > MAX_DEVICE_NAME) {
    throw invalid(`the name of a device has ${name.length} characters`, `use 1 to ${MAX_DEVICE_NAME}`)
  }
  if (!isPlainText(name)) throw invalid("the name of a device is not plain text")
}

function invalid(message: string, hint?: string): FleetError {
  return new FleetError("INVALID_DEVICE", message, { hint })
}
