import { compare, inc } from "semver"
import { FleetError } from "./fleet-error.ts"
import type { FleetSlug } from "./slug.ts"
import { printVersion, type ReleaseVersion } from "./version.ts"

/** What a release is called that is given no version, in a fleet that has no greater one. */
const FIRST = "0.0.0"

/**
 * Checks that a release may go without a version, and so be 0.0.0: while the fleet has no successful release above that, drafts
 * included. `successful` has the versions of all of them, `latest` that of the fleet's latest. Throws `VERSION_REQUIRED` naming
 * the fleet's latest version and the next.
 */
export function checkUnchosenVersion(
  fleet: FleetSlug,
  successful: Iterable<ReleaseVersion>,
  latest: ReleaseVersion | undefined,
): void {
  let greatest = FIRST
  for (const version of successful) {
    const semver = semverOf(version)
    if (compare(semver, greatest) > 0) greatest = semver
  }
  if (greatest === FIRST) return
  const known = latest === undefined || semverOf(latest) === greatest ? "" : `, the greatest ${greatest}`
  const what =
    latest === undefined ? `a draft or invalidated ${greatest}` : `${semverOf(latest)} as its latest${known}`
  throw new FleetError("VERSION_REQUIRED", `${fleet} has ${what}: a release beside it needs a version`, {
    hint: `the next patch is --version ${inc(greatest, "patch")}`,
  })
}

/** Without revision and variant. */
function semverOf(version: ReleaseVersion): string {
  return printVersion({ ...version, build: "", variant: "" })
}
