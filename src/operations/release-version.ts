import type { OperationOptions } from "../content/interfaces.ts"
import type { ReleaseStore } from "../fleet/fleet-store.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { checkUnchosenVersion } from "../fleet/unchosen-version.ts"
import type { ReleaseVersion } from "../fleet/version.ts"
import { allReleases } from "./all-releases.ts"

/** Checks before anything is sent what the recording checks again: see `checkUnchosenVersion`. */
export async function requireNoVersion(
  fleets: Pick<ReleaseStore, "listReleases" | "latestRelease">,
  fleet: FleetSlug,
  options: OperationOptions,
): Promise<void> {
  const successful: ReleaseVersion[] = []
  for await (const release of allReleases(fleets, fleet, options)) {
    if (release.status === "success") successful.push(release.version)
  }
  const latest = await fleets.latestRelease(fleet, options)
  checkUnchosenVersion(fleet, successful, latest?.version)
}
