import type { OperationOptions } from "../content/interfaces.ts"
import type { DeviceOrder } from "./device.ts"
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
}

export interface FleetPageOptions extends ListOptions, FleetFilter {
  /** Goes on behind the fleet with this slug, the last of the page before. */
  after?: FleetSlug | undefined
}

/** Of lists that begin with the newest. */
export interface PageOptions extends ListOptions {
  /** Goes on behind the one with this id, the last of the page before. */
  before?: number | undefined
}

/** Which releases of a fleet to list: those for which all of it holds. */
export interface ReleaseConditions {
  /** Of the build that made it. */
  status?: ReleaseStatus | undefined
}

export interface ReleasePageOptions extends PageOptions, ReleaseConditions {}

export interface DevicePageOptions extends ListOptions {
  /** Goes on behind the device with this id, the last of the page before, in the order of registration alone. */
  after?: number | undefined
  /** Default: the order of registration. */
  sort?: DeviceOrder | undefined
}
