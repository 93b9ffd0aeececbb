import type { OperationOptions } from "../content/interfaces.ts"
import type { ReleaseStore } from "../fleet/fleet-store.ts"
import type { ReleaseSummary } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"

const PAGE = 1000

/** The releases of a fleet, newest first, of every status; asked for as far as they are read. */
export async function* allReleases(
  fleets: Pick<ReleaseStore, "listReleases">,
  fleet: FleetSlug,
  { signal }: OperationOptions = {},
): AsyncGenerator<ReleaseSummary> {
  for (let before: number | undefined; ; ) {
    const page = await fleets.listReleases(fleet, { limit: PAGE, before, signal })
    yield* page
    if (page.length < PAGE) return
    before = page.at(-1)?.id
  }
}
