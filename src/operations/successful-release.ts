import type { OperationOptions } from "../content/interfaces.ts"
import type { ReleaseStore } from "../fleet/fleet-store.ts"
import type { Release, ReleaseSummary } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { rawVersion } from "../fleet/version.ts"
import { OperationError } from "./operation-error.ts"

/** A release whole, of a build that succeeded. */
export type SuccessfulRelease = Release & { status: "success" }

/** For a release that the store has as a success. */
export function successful(release: Release): SuccessfulRelease {
  if (release.status === "success") return release
  throw new Error(`release ${release.id} is ${release.status}`)
}

/** For what only a successful release can do. Throws `RELEASE_NOT_SUCCESSFUL` with the reason. */
export function requireSuccess(release: Release): SuccessfulRelease {
  if (release.status === "success") return release
  throw new OperationError(
    "RELEASE_NOT_SUCCESSFUL",
    `release ${rawVersion(release)} of ${release.fleet} is ${release.status}${release.failureReason ? `: ${release.failureReason}` : ""}`,
    { hint: "only a successful release can be used: create it again" },
  )
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
