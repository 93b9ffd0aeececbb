import type { Release, ReleaseName } from "./release.ts"
import type { FleetSlug } from "./slug.ts"

export interface Device {
  /** Grows with every device that is registered: the order of lists. */
  id: number
  /** 32 hex digits, or 62: see `parseDeviceUuid`. */
  uuid: string
  /** For people; need not be unique. */
  name: string | null
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
  /** Grows with each change of its own pin or fleet. */
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
  policy?: DevicePolicy | undefined
}

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
