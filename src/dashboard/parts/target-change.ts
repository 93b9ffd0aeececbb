import type { Answer } from "../calls/routes.ts"

type TargetChange = Answer<"post /releases/{id}/invalidate">["target"]
type ReleaseName = NonNullable<TargetChange["before"]>

/** What a change does to the target of a fleet and to its devices, in sentences: the same before it is done and after. */
export function tellTargetChange(slug: string, change: TargetChange): string[] {
  const { before, after, isPinned, devices } = change
  const policy = isPinned ? "is pinned" : "tracks latest"
  if (before?.id === after?.id) {
    if (isPinned) return [`${slug} is pinned to ${versionOf(after)}: no device moves.`]
    return [`${slug} tracks latest: its target stays ${versionOf(after)}; no device moves.`]
  }
  const said = [
    `${slug} ${policy}: its target moves from ${versionOf(before)} to ${versionOf(after)}; ${count(devices.tracking, "device follows", "devices follow")}.`,
  ]
  if (before !== null && after !== null && isOlder(after.version, before.version)) {
    said.push(`${after.version} is older than ${before.version}: devices go back to it.`)
  }
  if (devices.pinned > 0) {
    said.push(`${count(devices.pinned, "device stays on its own pin", "devices stay on their own pins")}.`)
  }
  return said
}

export function count(number: number, one: string, several: string): string {
  return `${numbers.format(number)} ${number === 1 ? one : several}`
}

const numbers = new Intl.NumberFormat("en")

function versionOf(release: ReleaseName | null): string {
  if (release === null) return "none"
  return release.isInvalidated ? `${release.version} (invalidated)` : release.version
}

/** By major, minor and patch alone: of others it is open which one people take for older. */
function isOlder(one: string, other: string): boolean {
  const [left, right] = [one, other].map((version) => version.split(/[-+]/)[0]?.split(".").map(Number) ?? [])
  const at = left?.findIndex((number, at) => number !== right?.[at]) ?? -1
  return at !== -1 && (left?.[at] ?? 0) < (right?.[at] ?? 0)
}
