import type { OperationOptions } from "../content/interfaces.ts"
import type { DeviceOrder } from "./device.ts"
import type { TagCondition } from "./device-tags.ts"
import type { FleetClass } from "./fleet.ts"
import type { FleetAction } from "./fleet-event.ts"
import type { ReleaseStatus } from "./release.ts"
import type { FleetSlug } from "./slug.ts"

/** How much of a list is wanted. */
export interface ListOptions extends OperationOptions {
  /** Default: all. */
  limit?: number | undefined
  /** Leaves out so many at the beginning of the list; not beside a place to go on behind. Default: none. */
  offset?: number | undefined
}

export interface FleetFilter {
  /** Those of this organization alone. Default: all. */
  organization?: string | undefined
  /** In its slug; capital letters are taken as lower case. */
  search?: string | undefined
  class?: FleetClass | undefined
}

export const FLEET_ORDERS = ["slug", "-slug"] as const

/** What a list of fleets is ordered by, with a `-` from the greatest to the least. */
export type FleetOrder = (typeof FLEET_ORDERS)[number]

export interface FleetPageOptions extends ListOptions, FleetFilter {
  /** Default: `slug`. */
  sort?: FleetOrder | undefined
  /** Goes on behind the fleet with this slug, the last of the page before, in the order of slug alone. */
  after?: FleetSlug | undefined
}

/** Of lists that begin with the newest. */
export interface PageOptions extends ListOptions {
  /** Goes on behind the one with this id, the last of the page before, in that order alone. */
  before?: number | undefined
}

/** Of which fleets to list what was done: of one, or of those of an organization, or of all. */
export type EventScope = FleetSlug | { organization?: string | undefined }

/** Which entries of the history to list: those for which all of it holds. */
export interface EventFilter {
  /** One of these was done; of an empty list, anything. */
  actions?: readonly FleetAction[] | undefined
  /** Who did it, whole. */
  actor?: string | undefined
  /** The uuid of the device that it is about. */
  device?: string | undefined
  /** The commit of the release that it is about, or 7 or more digits of its beginning. */
  commit?: string | undefined
  /** It was done then or later. */
  since?: Date | undefined
  /** It was done before. */
  until?: Date | undefined
}

export interface EventPageOptions extends PageOptions, EventFilter {}

/** Which releases of a fleet to list: those for which all of it holds. */
export interface ReleaseConditions {
  /** Of the build that made it. */
  status?: ReleaseStatus | undefined
  /** In its version or its note, capital letters of ASCII taken as lower case; or the beginning of its commit. */
  search?: string | undefined
  /** Whether it is a draft: successful, and not final. */
  draft?: boolean | undefined
  invalidated?: boolean | undefined
  /** What may be pinned to it: see `checkFleetPin` and `checkDevicePin`. */
  pinnable?: "fleet" | "device" | undefined
  /** A tag that it has. */
  tag?: TagCondition | undefined
}

export const RELEASE_ORDERS = ["recordedAt", "-recordedAt", "version", "-version"] as const

/**
 * What a list of releases is ordered by, with a `-` from the greatest to the least. By `recordedAt` is the order of recording, which
 * no clock can upset; for that by version, see `compareReleaseVersions`.
 */
export type ReleaseOrder = (typeof RELEASE_ORDERS)[number]

export interface ReleasePageOptions extends PageOptions, ReleaseConditions {
  /** Default: `-recordedAt`. */
  sort?: ReleaseOrder | undefined
}

export interface DevicePageOptions extends ListOptions {
  /** Goes on behind the device with this id, the last of the page before, in the order of registration alone. */
  after?: number | undefined
  /** Default: the order of registration. */
  sort?: DeviceOrder | undefined
}
