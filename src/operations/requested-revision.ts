import { isDeepStrictEqual } from "node:util"
import type { OperationOptions } from "../content/interfaces.ts"
import type { ReleaseStore } from "../fleet/fleet-store.ts"
import type { NewRelease } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { checkRevision, revisionKey } from "../fleet/version.ts"

const PAGE = 1000

/**
 * Checks before anything is sent that a revision which a version asks for is the one that the fleet would assign now;
 * what it does assign, its recording decides. A draft gets none. Nothing is asked where the version names none. Throws `REVISION_MISMATCH`.
 */
export async function checkRequestedRevision(
  fleets: Pick<ReleaseStore, "listReleases">,
  fleet: FleetSlug,
  { version, isDraft }: Pick<NewRelease, "version" | "isDraft">,
  { signal }: OperationOptions = {},
): Promise<void> {
  if (version.requestedRevision === undefined) return
  if (isDraft) return checkRevision(version, null)
  const key = revisionKey(version)
  let next = 0
  for (let before: number | undefined; ; ) {
    const page = await fleets.listReleases(fleet, { limit: PAGE, before, signal })
    for (const release of page) {
      if (release.revision === null || !isDeepStrictEqual(revisionKey(release.version), key)) continue
      next = Math.max(next, release.revision + 1)
    }
    if (page.length < PAGE) break
    before = page.at(-1)?.id
  }
  checkRevision(version, next)
}
