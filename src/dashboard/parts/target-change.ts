import type { ReleaseName, TargetChange } from "../calls/answers.ts"
import { printCount } from "./count.ts"

/** What a change does to the target of a fleet and to its devices, in sentences: the same before it is done and after. */
export function tellTargetChange(slug: string, change: TargetChange): string[] {
  const { before, after, isPinned, devices } = change
  if (before?.id === after?.id) {
    const target = isPinned ? "is pinned to" : "tracks latest: its target stays"
    return [`${slug} ${target} ${versionOf(after)}; no device moves.`]
  }
  const policy = isPinned ? "is pinned" : "tracks latest"
  const follow = `${printCount(devices.tracking, "device")} follow${devices.tracking === 1 ? "s" : ""}`
  const said = [
    `${slug} ${policy}: its target moves from ${versionOf(before)} to ${versionOf(after)}; ${follow}.`,
  ]
  if (before !== null && after !== null && isOlder(after.version, before.version)) {
    said.push(`${after.version} is older than ${before.version}: devices go back to it.`)
  }
  if (devices.pinned > 0) {
    const stay = devices.pinned === 1 ? "stays on its own pin" : "stay on their own pins"
    said.push(`${printCount(devices.pinned, "device")} ${stay}.`)
  }
  return said
}

function versionOf(release: ReleaseName | null): string {
  if (release === null) return "none"
  return release.isInvalidated ? `${release.version} (invalidated)` : release.version
}

/** By major, minor and patch alone: of others it is open which one people take for older. */
function isOlder(one: string, other: string): boolean {
  const [left = [], right = []] = [one, other].map(
    (version) => version.split(/[-+]/)[0]?.split(".").map(Number) ?? [],
  )
  const at = left.findIndex((number, at) => number !== right[at])
  return at !== -1 && (left[at] ?? 0) < (right[at] ?? 0)
}
