import { isCommit } from "../fleet/commit.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import { isFinal, type ReleaseSummary } from "../fleet/release.ts"
import { exactVersion, parseVersionName, rawVersion } from "../fleet/version.ts"

/** What a release is named by in a command. */
export interface NamedRelease {
  version?: string
}

/** Says which release a version meant that a person typed, where that is not what it says. */
export function printMeant(name: string | undefined, release: ReleaseSummary): string {
  const found = rawVersion(release)
  const typed = name === undefined || isCommit(name) ? undefined : parseVersionName(name)
  if (typed === undefined || typed.raw === found || typed.revision !== null) return ""
  if (isFinal(release)) {
    const first = exactVersion({ ...release, revision: 0 })
    return `${typed.raw} has revisions: the newest is meant, ${found} (the first is ${first})\n`
  }
  return release.status === "success" ? `${typed.raw} is a draft here: ${found} is meant\n` : ""
}

/** Says which drafts a version is called by, too, where what it means and was to be finalized is final already. */
export async function printDrafts(
  fleets: FleetStore,
  name: string | undefined,
  { fleet, revision }: ReleaseSummary,
): Promise<string> {
  if (name === undefined || isCommit(name) || revision === null) return ""
  const named = await fleets.findReleases({ fleet, version: name })
  const drafts = named.filter((release) => release.status === "success" && !isFinal(release))
  if (drafts.length === 0) return ""
  return `it was final before; a draft of ${name} is named in full: ${drafts.map(rawVersion).join(", ")}\n`
}
