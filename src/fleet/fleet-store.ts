import type { OperationOptions } from "../content/interfaces.ts"
import type { Device, DeviceCounts, DeviceFilter, DeviceTarget, NewDevice } from "./device.ts"
import type {
  ChangedDevices,
  DevicesChange,
  DevicesPreview,
  FleetDevices,
  TargetsChange,
} from "./device-group.ts"
import type { DeviceGroup, TagChanges } from "./device-tags.ts"
import type { Fleet, NewFleet } from "./fleet.ts"
import type { FleetEvent } from "./fleet-event.ts"
import type { FleetOverview } from "./fleet-overview.ts"
import type {
  DevicePageOptions,
  EventFilter,
  EventPageOptions,
  EventScope,
  FleetFilter,
  FleetPageOptions,
  ReleaseConditions,
  ReleasePageOptions,
} from "./list-options.ts"
import type { NewRelease, Release, ReleaseState, ReleaseSummary, UnsuccessfulRelease } from "./release.ts"
import type { ReleaseOverview, ReleaseUse } from "./release-overview.ts"
import type { Rollout, Silence } from "./rollout.ts"
import type { FleetSlug } from "./slug.ts"
import type { TargetChange } from "./target-change.ts"

/** Who changes something, and when. A store behind a server goes by the server's clock and the token's name instead. */
export interface ChangeOptions extends OperationOptions {
  now: Date
  /** For the history: the name of a person or a program. */
  actor: string
}

/** Of a change that says what it makes devices run. */
export interface PreviewOptions {
  /**
   * Finds out what the change would do, and does nothing: the same is refused, what is given is what would be so then, and nothing is
   * recorded. Default `false`.
   */
  preview?: boolean | undefined
}

export interface PolicyOptions extends ChangeOptions {
  /** The `generation` that what is changed still has to have, else `POLICY_CHANGED`. Default: any. */
  generation?: number | undefined
}

export interface FleetPolicyOptions extends PolicyOptions, PreviewOptions {}

export interface ReleaseChangeOptions extends ChangeOptions, PreviewOptions {
  /** What the release still has to be, else `RELEASE_CHANGED`. Default: any. */
  state?: ReleaseState | undefined
}

/** Which device is meant by a uuid, which only within an organization is one device's. */
export interface DeviceOptions extends OperationOptions {
  /** Default: any. Where several organizations have such a device, that is `DEVICE_AMBIGUOUS`. */
  organization?: string | undefined
}

/** The same for a change; with the `generation` of each device that it changes. */
export interface DeviceChangeOptions extends PolicyOptions, DeviceOptions {}

export interface ChangeDevicesOptions extends PolicyOptions {
  /** How many devices they have to be, else `DEVICES_CHANGED`. Default: any number. */
  expected?: number | undefined
}

/**
 * Devices by their uuids; or those of a fleet with some tags, which where there are none is `DEVICE_NOT_FOUND`. A store behind a
 * server lists those once more when it is done, in pages: who has the tags may have changed by then.
 */
export type DeviceSelection = readonly string[] | DeviceGroup

/** A release after a change, and what that did to the target of its fleet. */
export interface ReleaseChange {
  release: Release
  target: TargetChange
}

/** A fleet after a change of its policy, and what that did to its target. */
export interface FleetChange {
  fleet: Fleet
  target: TargetChange
}

export interface RecordOptions extends ChangeOptions {
  /**
   * Chosen by the caller for one recording, 1 to 255 characters: recording again with it gives the release that was
   * recorded, as it is now, and what that did then. With it and another commit or other content: `IDEMPOTENCY_KEY_REUSED`.
   */
  idempotencyKey?: string | undefined
  /** Where a success came from, for the history. Default `create`. */
  origin?: "create" | "import" | undefined
  /**
   * The registry that the content of a success has gone to, `null` for the content store: what the fleet still has to have, else
   * `POLICY_CHANGED`. Default: any.
   */
  registry?: string | null | undefined
  /** Whether nobody chose the version of a success: then see `checkUnchosenVersion`. Default `false`. */
  isVersionUnchosen?: boolean | undefined
}

export interface RemoveFleetOptions extends PolicyOptions, PreviewOptions {
  /** Removes the fleet's releases with it, instead of refusing. Default `false`. */
  withReleases?: boolean | undefined
  /** Removes the fleet's devices with it, instead of refusing. Default `false`. */
  withDevices?: boolean | undefined
}

/**
 * What releases to find. A commit may be a beginning of 7 or more digits, in one fleet or in all of them. A version is
 * what a person calls it by: see `parseVersionName`.
 */
export type ReleaseFilter =
  | { commit: string; fleet?: FleetSlug | undefined; organization?: string | undefined }
  | { fleet: FleetSlug; version: string }

export interface FindOptions extends OperationOptions {
  /** Default: all. */
  limit?: number | undefined
}

/**
 * Keeps fleets, releases, devices and their history. Each method is one transaction: done whole or not at all, with
 * its entry in the history, whatever happens meanwhile, and right under any number of concurrent callers. All that
 * name a fleet, a release or a device that is not there throw `FLEET_NOT_FOUND`, `RELEASE_NOT_FOUND` or
 * `DEVICE_NOT_FOUND`; all that name a device may throw `DEVICE_AMBIGUOUS`. "Newest" is by the order of recording, which no clock can upset.
 */
export interface FleetStore extends ReleaseStore, PolicyStore, DeviceStore {
  /** Makes a fleet, and its organization when that is missing. Throws `FLEET_EXISTS`, `INVALID_REFERENCE`. */
  createFleet(fleet: NewFleet, options: ChangeOptions): Promise<Fleet>

  getFleet(slug: FleetSlug, options?: OperationOptions): Promise<Fleet>

  /** In order of slug, unless another is asked for. */
  listFleets(options?: FleetPageOptions): Promise<Fleet[]>

  /** How many fleets such a list has in all. */
  totalFleets(options?: FleetFilter & OperationOptions): Promise<number>

  /** The same list, of each fleet with its rollout and the newest entry of its history. */
  listFleetOverviews(options: FleetPageOptions & Silence): Promise<FleetOverview[]>

  /** Marks a fleet public, or takes that back: see `Fleet.isPublic`. Its policy stays. */
  setPublic(slug: FleetSlug, isPublic: boolean, options: PolicyOptions): Promise<Fleet>

  /**
   * Sets where a fleet that has a registry keeps its images: see `Fleet.registry`. Devices are told so at once; whether the
   * images are there nobody checks here. Throws `INVALID_REFERENCE`, `FLEET_HAS_NO_REGISTRY`.
   */
  setRegistry(slug: FleetSlug, registry: string, options: PolicyOptions): Promise<Fleet>

  /**
   * Throws `FLEET_HAS_RELEASES` and `FLEET_HAS_DEVICES` unless they may go with it. The organization and the history
   * stay.
   */
  removeFleet(slug: FleetSlug, options: RemoveFleetOptions): Promise<void>

  /** Newest first. The history of a fleet that was removed is still there. Throws `INVALID_COMMIT`. */
  listEvents(of: EventScope, options?: EventPageOptions): Promise<FleetEvent[]>

  /** How many entries such a list has in all. */
  totalEvents(of: EventScope, options?: EventFilter & OperationOptions): Promise<number>
}

export interface ReleaseStore {
  /**
   * Records a successful release and assigns its revision, unless it is a draft: one more than the greatest among
   * the fleet's final releases of the same `revisionKey`, from 0. Throws `RELEASE_EXISTS` (a `ReleaseExistsError`)
   * when a success with that commit has the same content, `COMMIT_CONFLICT` when it has other content,
   * `REVISION_MISMATCH` when a requested revision is not the one to be assigned, `VERSION_CONFLICT` when the raw
   * version names another success of the fleet, `POLICY_CHANGED` and `VERSION_REQUIRED` as the options say, and what
   * `checkNewRelease` throws.
   */
  recordRelease(fleet: FleetSlug, release: NewRelease, options: RecordOptions): Promise<ReleaseChange>

  /** Records a build that failed or was cancelled. It gets no revision, and may share its commit with others. */
  recordUnsuccessfulRelease(
    fleet: FleetSlug,
    release: UnsuccessfulRelease,
    options: RecordOptions,
  ): Promise<Release>

  /**
   * Makes a draft final: it gets the revision that is next now, and keeps it. It does not become newer by that.
   * A final release stays as it is. Throws `RELEASE_NOT_SUCCESSFUL`, `VERSION_CONFLICT`.
   */
  finalizeRelease(id: number, options: ReleaseChangeOptions): Promise<ReleaseChange>

  /** Excludes a release from being latest. Throws `RELEASE_NOT_SUCCESSFUL`. */
  invalidateRelease(id: number, options: ReleaseChangeOptions): Promise<ReleaseChange>

  /** Takes an invalidation back. Throws `RELEASE_NOT_SUCCESSFUL`. */
  validateRelease(id: number, options: ReleaseChangeOptions): Promise<ReleaseChange>

  getRelease(id: number, options?: OperationOptions): Promise<Release>

  /** The newest release of a fleet that is final, successful and valid. */
  latestRelease(fleet: FleetSlug, options?: OperationOptions): Promise<Release | undefined>

  /** Newest first unless another order is asked for, of every status unless one is. */
  listReleases(fleet: FleetSlug, options?: ReleasePageOptions): Promise<ReleaseSummary[]>

  /** The same list, of each release with its note, its tags, and what it is used for. */
  listReleaseOverviews(fleet: FleetSlug, options?: ReleasePageOptions): Promise<ReleaseOverview[]>

  /** What a release is used for. */
  getReleaseUse(id: number, options?: OperationOptions): Promise<ReleaseUse>

  /** How many releases such a list has in all. */
  totalReleases(fleet: FleetSlug, options?: ReleaseConditions & OperationOptions): Promise<number>

  /**
   * Of every status. Those of a commit with the newest first; releases with exactly the commit come alone, where there are
   * any: see `matchCommit`. Those that a version names with the one first that is meant by it: the greatest revision, else
   * the newest draft, else the newest of the builds that did not succeed. Throws `INVALID_COMMIT`.
   */
  findReleases(filter: ReleaseFilter, options?: FindOptions): Promise<ReleaseSummary[]>

  /**
   * Its content stays where it is. A revision that was the greatest is assigned again. Throws `RELEASE_IN_USE` for the
   * target of its fleet and for what the fleet or a device is pinned to.
   */
  removeRelease(id: number, options: ReleaseChangeOptions): Promise<void>
}

/** Which release a fleet deploys. What a pin may point to: see `checkFleetPin`. */
export interface PolicyStore {
  /** Devices that follow the fleet have this target from then on, whatever is recorded later. */
  pinFleet(fleet: FleetSlug, releaseId: number, options: FleetPolicyOptions): Promise<FleetChange>

  /** Devices that follow the fleet have its latest release as target at once. */
  trackLatest(fleet: FleetSlug, options: FleetPolicyOptions): Promise<FleetChange>
}

export interface DeviceStore {
  /**
   * Registers a device, which then follows its fleet. Again with the same uuid, fleet and key: changes nothing and
   * gives the device. The same uuid in another organization is another device. Throws `DEVICE_EXISTS`,
   * `INVALID_DEVICE`.
   */
  registerDevice(fleet: FleetSlug, device: NewDevice, options: ChangeOptions): Promise<Device>

  getDevice(uuid: string, options?: DeviceOptions): Promise<Device>

  /** In order of registration, unless another is asked for. */
  listDevices(filter?: DeviceFilter, options?: DevicePageOptions): Promise<Device[]>

  /** How many devices such a list has in all. */
  totalDevices(filter?: DeviceFilter, options?: OperationOptions): Promise<number>

  countDevices(fleet: FleetSlug, options?: OperationOptions): Promise<DeviceCounts>

  /** How far the target of a fleet has come. */
  getRollout(fleet: FleetSlug, options: OperationOptions & Silence): Promise<Rollout>

  /** Pins devices of one fleet, all or none. What a pin may point to: see `checkDevicePin`. */
  pinDevices(devices: DeviceSelection, releaseId: number, options: DeviceChangeOptions): Promise<Device[]>

  /** Lets devices follow their fleets again, all or none. */
  trackFleet(devices: DeviceSelection, options: DeviceChangeOptions): Promise<Device[]>

  /**
   * Takes devices to another fleet, all or none, where they follow that, or are pinned to a release of that. Throws
   * `DEVICE_EXISTS` where the organization of that fleet has such a device.
   */
  moveDevices(
    uuids: readonly string[],
    fleet: FleetSlug,
    options: DeviceChangeOptions & { pin?: number | undefined },
  ): Promise<Device[]>

  /** Gives a device another name. Throws `INVALID_DEVICE`. */
  renameDevice(uuid: string, name: string, options: DeviceChangeOptions): Promise<Device>

  /** Gives a device another key: the one before is good for nothing from then on. Throws `INVALID_DEVICE`. */
  rotateDeviceKey(uuid: string, key: string, options: DeviceChangeOptions): Promise<Device>

  /** Sets tags of devices, and takes some away, of all or of none. Throws `INVALID_DEVICE`: see `checkTagChanges`. */
  tagDevices(uuids: readonly string[], changes: TagChanges, options: DeviceChangeOptions): Promise<Device[]>

  /** Removes devices, all or none. */
  removeDevices(uuids: readonly string[], options: DeviceChangeOptions): Promise<void>

  /**
   * Changes all devices of a fleet that a filter lets through, or none; where there are none, that is `DEVICE_NOT_FOUND`. Throws
   * `DEVICES_CHANGED`, and what the change of devices by their uuids throws.
   */
  changeDevices(
    devices: FleetDevices,
    change: DevicesChange,
    options: ChangeDevicesOptions,
  ): Promise<ChangedDevices>

  /** What a change would make devices run. Throws what the change would throw, but for what uuids another organization has. */
  previewDevices(
    devices: readonly string[] | FleetDevices,
    change: TargetsChange,
    options?: DeviceOptions,
  ): Promise<DevicesPreview>

  /** What a device should run. */
  getTarget(uuid: string, options?: DeviceOptions): Promise<DeviceTarget>

  /**
   * Keeps what a device says that it runs: the success of its fleet with exactly this commit, or what it runs already,
   * from a fleet that it was in before: of others it learns nothing. `null` for nothing. Not part of the history.
   * Throws `RELEASE_NOT_FOUND`, `INVALID_COMMIT`.
   */
  reportRelease(uuid: string, commit: string | null, options: DeviceOptions & { now: Date }): Promise<Device>
}
