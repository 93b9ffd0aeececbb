import type { DeviceFilter } from "./device.ts"
import { noSuchDevice, type TagChanges } from "./device-tags.ts"
import { FleetError } from "./fleet-error.ts"
import type { ReleaseName } from "./release.ts"
import type { FleetSlug } from "./slug.ts"

/** Devices of one fleet: all, or those that a filter lets through. */
export interface FleetDevices extends Omit<DeviceFilter, "fleet"> {
  fleet: FleetSlug
}

/** What devices are to run. Releases are named by their ids. */
export type TargetsChange =
  | { change: "pin"; release: number }
  | { change: "track-fleet" }
  | { change: "move"; fleet: FleetSlug; pin?: number | undefined }

/** What is done to many devices at once. */
export type DevicesChange = TargetsChange | { change: "tag"; tags: TagChanges } | { change: "remove" }

/** How many devices a change was meant for, and for how many of them it was none yet. */
export interface ChangedDevices {
  matched: number
  changed: number
}

/** What a change would make devices run. `matched` is `unchanged` and all that move. */
export interface DevicesPreview {
  matched: number
  /** Those that would have another target, the most first; `null` is none. */
  moves: { from: ReleaseName | null; to: ReleaseName | null; devices: number }[]
  /** Those that would have the target that they have. */
  unchanged: number
  /** Those with a pin of their own now. */
  pinned: number
  /** Those of them that are pinned to what they would be pinned to. */
  alreadyPinned: number
}

export function noMatchingDevice({ fleet, where = [], ...filter }: FleetDevices): FleetError {
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  if (where.length > 0 && !isFiltered) return noSuchDevice({ fleet, where })
  return new FleetError("DEVICE_NOT_FOUND", `no device of ${fleet} is one of those that are asked for`, {
    hint: "look at what the list of devices has by the same filter",
  })
}

/** Throws `DEVICES_CHANGED` where other devices are meant than whoever decided has seen. */
export function checkExpected({ fleet }: FleetDevices, matched: number, expected: number | undefined): void {
  if (expected === undefined || matched === expected) return
  const message = `${matched} devices of ${fleet} are asked for by now, and ${expected} were expected`
  throw new FleetError("DEVICES_CHANGED", message, {
    hint: "look at them again, and repeat the change if it is still wanted",
  })
}
