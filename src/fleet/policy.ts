import { FleetError } from "./fleet-error.ts"
import { isFinal, type ReleaseSummary } from "./release.ts"
import type { FleetSlug } from "./slug.ts"
import { rawVersion } from "./version.ts"

/** What of a fleet decides which release it deploys. Releases are named by their ids. */
export interface FleetPolicy {
  pin: number | null
  /** What it deploys while it has no pin. */
  tracked: number | null
  /** See `Fleet.generation`. */
  generation: number
}

/** What of a device decides which release it runs. Fleet and release are named by their ids. */
export interface DevicePlace {
  fleet: number
  pin: number | null
  /** See `Device.generation`. */
  generation: number
}

type CheckedRelease = Pick<
  ReleaseSummary,
  "fleet" | "commit" | "version" | "revision" | "createdAt" | "status" | "isInvalidated"
>

/** Whether a release can be its fleet's latest: successful, final and valid. The newest of those is. */
export function canBeLatest(release: Pick<ReleaseSummary, "status" | "revision" | "isInvalidated">): boolean {
  return release.status === "success" && isFinal(release) && !release.isInvalidated
}

/**
 * The release that a fleet tracks: its latest. Where it has none any more, the one it tracked stays, for nothing
 * better is known to run.
 */
export function trackedRelease<Release>(present: Release | null, latest: Release | null): Release | null {
  return latest ?? present
}

/** What devices that follow a fleet should run: its pin, else what it tracks. */
export function targetOfFleet<Release>(fleet: {
  pin: Release | null
  tracked: Release | null
}): Release | null {
  return fleet.pin ?? fleet.tracked
}

/** What a device should run: its own pin, else the target of its fleet. */
export function targetOfDevice<Release>(
  pin: Release | null,
  fleet: { pin: Release | null; tracked: Release | null },
): Release | null {
  return pin ?? targetOfFleet(fleet)
}

/**
 * A fleet after one of its releases was recorded, finalized, invalidated or validated; `latest` is its latest then.
 * A pin is never moved.
 */
export function afterReleaseChange(fleet: FleetPolicy, latest: number | null): FleetPolicy {
  return withGeneration(fleet, { ...fleet, tracked: trackedRelease(fleet.tracked, latest) })
}

/** A fleet after one of its releases was removed, which `checkRemoval` has allowed. */
export function afterRemoval(fleet: FleetPolicy, removed: number, latest: number | null): FleetPolicy {
  const present = fleet.tracked === removed ? null : fleet.tracked
  return withGeneration(fleet, { ...fleet, tracked: trackedRelease(present, latest) })
}

/** A fleet with another pin; with `null` it deploys what it tracks at once. */
export function afterFleetPin(fleet: FleetPolicy, pin: number | null): FleetPolicy {
  return withGeneration(fleet, { ...fleet, pin })
}

/** A fleet that was made public, is so no more, or keeps its images elsewhere: who decides by what they saw of it must see that. */
export function afterSetting(fleet: FleetPolicy): FleetPolicy {
  return { ...fleet, generation: fleet.generation + 1 }
}

/** A device with another name or other tags: who selects devices by those must see that, too. */
export function afterNaming(device: DevicePlace): DevicePlace {
  return { ...device, generation: device.generation + 1 }
}

/** A device with another pin; with `null` it follows its fleet. */
export function afterDevicePin(device: DevicePlace, pin: number | null): DevicePlace {
  return pin === device.pin ? device : { ...device, pin, generation: device.generation + 1 }
}

/** A device in another fleet: it keeps no pin, as that is of a release it can no longer have, unless it gets one there. */
export function afterMove(device: DevicePlace, fleet: number, pin: number | undefined): DevicePlace {
  if (fleet === device.fleet) return pin === undefined ? device : afterDevicePin(device, pin)
  return { fleet, pin: pin ?? null, generation: device.generation + 1 }
}

/**
 * Checks that a fleet may be pinned to a release: one of its own that is successful, valid and final. Throws
 * `RELEASE_OF_OTHER_FLEET`, `RELEASE_NOT_SUCCESSFUL`, `RELEASE_INVALIDATED`, `RELEASE_IS_DRAFT`.
 */
export function checkFleetPin(fleet: FleetSlug, release: CheckedRelease): void {
  checkPin(fleet, fleet, release)
  if (isFinal(release)) return
  throw refusal("RELEASE_IS_DRAFT", fleet, release, "it is a draft", {
    hint: "finalize it first; a device can be pinned to it as it is, to test it",
  })
}

/**
 * Checks that a device may be pinned to a release: one of its fleet that is successful and valid. A draft will do,
 * for testing one is what that needs. Throws `RELEASE_OF_OTHER_FLEET`, `RELEASE_NOT_SUCCESSFUL`, `RELEASE_INVALIDATED`.
 */
export function checkDevicePin(device: { uuid: string; fleet: FleetSlug }, release: CheckedRelease): void {
  checkPin(`device ${device.uuid}`, device.fleet, release)
}

/** Checks that a release may be removed: no device is to run it. Throws `RELEASE_IN_USE` saying by what it is used. */
export function checkRemoval(
  release: CheckedRelease & { id: number },
  fleet: FleetPolicy,
  pinnedDevices: number,
): void {
  const uses = [
    ...(fleet.pin === release.id ? [`${release.fleet} is pinned to it`] : []),
    ...(fleet.pin === null && fleet.tracked === release.id ? [`it is the target of ${release.fleet}`] : []),
    ...(pinnedDevices === 1 ? ["one device is pinned to it"] : []),
    ...(pinnedDevices > 1 ? [`${pinnedDevices} devices are pinned to it`] : []),
  ]
  if (uses.length === 0) return
  throw new FleetError("RELEASE_IN_USE", `${nameOf(release)} is in use: ${uses.join(", and ")}`, {
    hint: "pin to another release, or track another, what is to run this one; then remove it",
  })
}

/** Checks that a fleet or a device is still what its change was decided on. Throws `POLICY_CHANGED`. */
export function checkGeneration(what: string, present: number, expected: number | undefined): void {
  if (expected !== undefined && expected !== present) throw policyChanged(what)
}

/** Checks that a fleet still keeps its images where the content of a release has gone to. Throws `POLICY_CHANGED`. */
export function checkRegistry(
  fleet: FleetSlug,
  present: string | null,
  expected: string | null | undefined,
): void {
  if (expected === undefined || expected === present) return
  const place = (registry: string | null) => registry ?? "the content store"
  throw new FleetError(
    "POLICY_CHANGED",
    `${fleet} has come to keep its images in ${place(present)}, and this release has gone to ${place(expected)}`,
    { hint: "run the same again: it sends the content to where the fleet keeps it now" },
  )
}

export function policyChanged(what: string): FleetError {
  return new FleetError("POLICY_CHANGED", `${what} has changed meanwhile`, {
    hint: "look at it again, and repeat the change if it is still wanted",
  })
}

function withGeneration(before: FleetPolicy, after: FleetPolicy): FleetPolicy {
  if (after.pin === before.pin && targetOfFleet(after) === targetOfFleet(before)) return after
  return { ...after, generation: before.generation + 1 }
}

function checkPin(what: string, fleet: FleetSlug, release: CheckedRelease): void {
  if (release.fleet !== fleet) {
    throw refusal("RELEASE_OF_OTHER_FLEET", what, release, `it is a release of ${release.fleet}`, {
      hint: `export it, and import it into ${fleet}`,
    })
  }
  if (release.status !== "success") {
    throw refusal("RELEASE_NOT_SUCCESSFUL", what, release, `its build is ${release.status}, not success`)
  }
  if (release.isInvalidated) {
    throw refusal("RELEASE_INVALIDATED", what, release, "it is invalidated", {
      hint: "choose another, or validate it again",
    })
  }
}

function refusal(
  code: "RELEASE_OF_OTHER_FLEET" | "RELEASE_NOT_SUCCESSFUL" | "RELEASE_INVALIDATED" | "RELEASE_IS_DRAFT",
  what: string,
  release: CheckedRelease,
  reason: string,
  options?: { hint: string },
): FleetError {
  return new FleetError(code, `${what} cannot be pinned to ${nameOf(release)}: ${reason}`, options)
}

function nameOf(release: CheckedRelease): string {
  return `release ${rawVersion(release)} (commit ${release.commit})`
}
