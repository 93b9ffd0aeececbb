import { compare, inc } from "semver"
import type { OperationOptions } from "../content/interfaces.ts"
import type { ReleaseStore } from "../fleet/fleet-store.ts"
import type { ReleaseSummary } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { printVersion } from "../fleet/version.ts"
import { allReleases } from "./all-releases.ts"
import { OperationError } from "./operation-error.ts"

/** What a release is called that is given no version, in a fleet that has no greater one. */
const FIRST = "0.0.0"

/**
 * Checks that a release may go without a version, and so be 0.0.0: while the fleet has no successful release above that, drafts
 * included. Throws `VERSION_REQUIRED` naming the fleet's latest version and the next.
 */
export async function requireNoVersion(
  fleets: Pick<ReleaseStore, "listReleases" | "latestRelease">,
  fleet: FleetSlug,
  options: OperationOptions,
): Promise<void> {
  let greatest = FIRST
  for await (const release of allReleases(fleets, fleet, options)) {
    if (release.status === "success" && compare(semverOf(release), greatest) > 0) greatest = semverOf(release)
  }
  if (greatest === FIRST) return
  const latest = await fleets.latestRelease(fleet, options)
  const known = latest === undefined || semverOf(latest) === greatest ? "" : `, the greatest ${greatest}`
  const what =
    latest === undefined ? `a draft or invalidated ${greatest}` : `${semverOf(latest)} as its latest${known}`
  throw new OperationError("VERSION_REQUIRED", `${fleet} has ${what}: a release beside it needs a version`, {
    hint: `the next patch is --version ${inc(greatest, "patch")}`,
  })
}

/** Without revision and variant. */
function semverOf({ version }: ReleaseSummary): string {
  return printVersion({ ...version, build: "", variant: "" })
}
