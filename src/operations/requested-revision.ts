import { isDeepStrictEqual } from "node:util"
import type { OperationOptions } from "../content/interfaces.ts"
import type { ReleaseStore } from "../fleet/fleet-store.ts"
import type { NewRelease } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { checkRevision, type RequestedVersion, revisionKey } from "../fleet/version.ts"
import { allReleases } from "./all-releases.ts"

/**
 * Checks before anything is sent that a revision which a version asks for is the one that the fleet would assign now;
 * what it does assign, its recording decides. A draft gets none. Nothing is asked where the version names none. Throws `REVISION_MISMATCH`.
 */
export async function checkRequestedRevision(
  fleets: Pick<ReleaseStore, "listReleases">,
  fleet: FleetSlug,
  { version, isDraft }: Pick<NewRelease, "version" | "isDraft">,
  options: OperationOptions = {},
): Promise<void> {
  if (version.requestedRevision === undefined) return
  checkRevision(version, isDraft ? null : await nextRevision(fleets, fleet, version, options))
}

/** The revision that a fleet would give a final release of a version now. */
export async function nextRevision(
  fleets: Pick<ReleaseStore, "listReleases">,
  fleet: FleetSlug,
  version: RequestedVersion,
  options: OperationOptions = {},
): Promise<number> {
  const key = revisionKey(version)
  let next = 0
  for await (const release of allReleases(fleets, fleet, options)) {
    if (release.revision === null || !isDeepStrictEqual(revisionKey(release.version), key)) continue
    next = Math.max(next, release.revision + 1)
  }
  return next
}
