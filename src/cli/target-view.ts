import type { Device, DeviceCounts } from "../fleet/device.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { ReleaseName } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { Context } from "../operations/context.ts"

const NONE = "none"

export function versionOf(release: ReleaseName | null): string {
  if (release === null) return NONE
  return release.isInvalidated ? `${release.version} (invalidated)` : release.version
}

/** A release policy in the words of people. */
export function policyOfFleet({ pin }: Fleet): string {
  return pin === null ? "tracks its latest release" : `pinned to ${versionOf(pin)}`
}

export function policyOfDevice({ pin }: Device): "Pinned" | "Tracking" {
  return pin === null ? "Tracking" : "Pinned"
}

/** What a change did to the target of a fleet, and to its devices. */
export interface TargetChange {
  fleet: FleetSlug
  before: ReleaseName | null
  after: ReleaseName | null
  devices: DeviceCounts
}

/** Makes a change, and looks at the target of a fleet before and after it. */
export async function watchTarget<Result>(
  { fleets }: Context,
  fleet: FleetSlug,
  change: () => Promise<Result>,
): Promise<{ result: Result; fleet: Fleet; change: TargetChange }> {
  const before = await fleets.getFleet(fleet)
  const result = await change()
  const after = await fleets.getFleet(fleet)
  const devices = await fleets.countDevices(fleet)
  return { result, fleet: after, change: { fleet, before: before.target, after: after.target, devices } }
}

/** The same for the eye, a line each. */
export function printChange({ fleet, before, after, devices }: TargetChange): string {
  const followers = `${plural(devices.tracking, "device follows", "devices follow")}`
  const line =
    before?.id === after?.id
      ? `target of ${fleet} stays ${versionOf(after)} (${followers})\n`
      : `target of ${fleet}: ${before?.version ?? NONE} → ${versionOf(after)} (${followers})\n`
  if (devices.pinned === 0) return line
  return `${line}${plural(devices.pinned, "device stays on its own pin", "devices stay on their own pins")}\n`
}

export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
