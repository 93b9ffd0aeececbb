import type { FleetSlug } from "./slug.ts"
import type { TargetChange } from "./target-change.ts"

export const FLEET_ACTIONS = [
  "fleet.create",
  "fleet.remove",
  "fleet.pin",
  "fleet.track-latest",
  "fleet.publish",
  "fleet.unpublish",
  "fleet.set-registry",
  "release.create",
  "release.import",
  "release.fail",
  "release.finalize",
  "release.invalidate",
  "release.validate",
  "release.remove",
  "device.register",
  "device.pin",
  "device.track-fleet",
  "device.join",
  "device.leave",
  "device.rename",
  "device.tag",
  "device.rotate-key",
  "device.remove",
] as const

/** What was done. A device that moves leaves one fleet and joins another. */
export type FleetAction = (typeof FLEET_ACTIONS)[number]

/** A value that was changed: the `registry` of a fleet, the `name` of a device, or a tag of it, as `tags.site`. */
export interface ValueChange {
  of: string
  /** `null` for none. */
  before: string | null
  after: string | null
}

/** An entry of a fleet's history. It names what it is about by text, which outlives what is removed. */
export interface FleetEvent {
  id: number
  /** ISO 8601, UTC. */
  at: string
  /** Who did it. */
  actor: string
  action: FleetAction
  fleet: FleetSlug
  /** The release that it is about: the one recorded, changed, or pinned to. */
  release: { commit: string; version: string } | null
  /** What it did to the fleet's target, of a change that could; `null` for others, and where an older version wrote it. */
  target: TargetChange | null
  /** The uuid of the device that it is about. */
  device: string | null
  /** The fleet of the same organization that a device came from or went to; `null` for one of another. */
  otherFleet: FleetSlug | null
  /** What was set, and what it was before; empty for what sets nothing by its value. */
  values: ValueChange[]
}
