import type { Device } from "../fleet/device.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { ReleaseName } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { movesTarget, type TargetChange } from "../fleet/target-change.ts"
import { isOlderVersion } from "../fleet/version.ts"
import { plural } from "./format.ts"
import type { PreviewedOptions } from "./options.ts"

const NONE = "none"

export function versionOf(release: ReleaseName | null): string {
  if (release === null) return NONE
  return release.isInvalidated ? `${release.version} (invalidated)` : release.version
}

/** Stands before what a command that is to change nothing would have done. */
export function printDryRun({ dryRun = false }: PreviewedOptions): string {
  return dryRun ? "nothing is changed; without --dry-run:\n" : ""
}

/** A release policy in the words of people. */
export function policyOfFleet({ pin }: Fleet): string {
  return pin === null ? "tracks its latest release" : `pinned to ${versionOf(pin)}`
}

export function policyOfDevice({ pin }: Device): "Pinned" | "Tracking" {
  return pin === null ? "Tracking" : "Pinned"
}

/** What a change did to the target of a fleet, and to its devices, a line each. */
export function printTargetChange(fleet: FleetSlug, change: TargetChange): string {
  const { before, after, isPinned, devices } = change
  const lines = [`${describe(fleet, change)}\n`]
  if (before !== null && after !== null && isOlderVersion(after.version, before.version)) {
    lines.push(`${after.version} is older than ${before.version}: devices go back to it\n`)
  }
  const { pinned } = devices
  if (pinned > 0 && (!isPinned || movesTarget(change))) {
    lines.push(`${plural(pinned, "device stays on its own pin", "devices stay on their own pins")}\n`)
  }
  return lines.join("")
}

function describe(fleet: FleetSlug, change: TargetChange): string {
  const { before, after, isPinned, devices } = change
  const policy = isPinned ? "is pinned" : "tracks latest"
  if (movesTarget(change)) {
    const followers = plural(devices.tracking, "device follows", "devices follow")
    return `${fleet} ${policy}: its target moves from ${versionOf(before)} to ${versionOf(after)}; ${followers}`
  }
  if (isPinned) return `${fleet} is pinned to ${versionOf(after)}: no device moves`
  return `${fleet} ${policy}: its target stays ${versionOf(after)}; no device moves`
}
