import type { OperationOptions } from "../content/interfaces.ts"
import type { ReleaseStore } from "../fleet/fleet-store.ts"
import type { Release, ReleaseSummary } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"

/** A release whole, of a build that succeeded. */
export type SuccessfulRelease = Release & { status: "success" }

/** For a release that the store has as a success. */
export function successful(release: Release): SuccessfulRelease {
  if (release.status === "success") return release
  throw new Error(`release ${release.id} is ${release.status}`)
}

/** The only success that a fleet can have of exactly this commit. */
export async function findSuccess(
  fleets: Pick<ReleaseStore, "findReleases">,
  fleet: FleetSlug,
  commit: string,
  { signal }: OperationOptions = {},
): Promise<(ReleaseSummary & { status: "success" }) | undefined> {
  for (const release of await fleets.findReleases({ fleet, commit }, { signal })) {
    if (release.status === "success" && release.commit === commit) return release
  }
  return undefined
}
