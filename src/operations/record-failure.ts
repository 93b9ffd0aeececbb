import type { OperationOptions } from "../content/interfaces.ts"
import { parseCommit } from "../fleet/commit.ts"
import type { Release } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { parseVersion, printVersion } from "../fleet/version.ts"
import { digestHex, digestOf } from "../oci/digest.ts"
import { canonicalJson } from "../oci/json.ts"
import type { Context } from "./context.ts"

export interface FailureRequest {
  fleet: FleetSlug
  /** Of the source that was built, in hex. */
  commit: string
  /** Default 0.0.0. */
  version?: string | undefined
  /** For people: what went wrong. Never a secret. Default: that the build failed. */
  reason?: string | undefined
}

export interface FailureResult {
  release: Release
  /** Whether the fleet had it before: a failure of the same commit and version, for the same reason. */
  wasThere: boolean
}

/**
 * Records a build that failed, for somebody wants it in the list of releases and in the history. It moves no device, and what
 * succeeds later may have its commit. Doing it again changes nothing. Throws `INVALID_COMMIT`, `INVALID_VERSION`, `FLEET_NOT_FOUND`.
 */
export async function recordFailure(
  context: Pick<Context, "fleets" | "now" | "change">,
  request: FailureRequest,
  options: OperationOptions = {},
): Promise<FailureResult> {
  const { fleet, reason = "its build failed" } = request
  const commit = parseCommit(request.commit)
  const { requestedRevision: _, ...version } = parseVersion(request.version)
  const known = await context.fleets.findReleases({ fleet, commit }, options)
  const wasThere = known.some(
    (release) =>
      release.status === "failed" &&
      release.commit === commit &&
      release.failureReason === reason &&
      printVersion(release.version) === printVersion(version),
  )
  const release = await context.fleets.recordUnsuccessfulRelease(
    fleet,
    {
      commit,
      version,
      status: "failed",
      failureReason: reason,
      createdAt: context.now().toISOString(),
      composition: {},
      contract: null,
      note: null,
      tags: {},
    },
    { ...context.change(options), idempotencyKey: keyOf({ commit, version: printVersion(version), reason }) },
  )
  return { release, wasThere }
}

/** One for each failure, so that it is recorded once by whoever does it how often. */
function keyOf(failure: Record<string, string>): string {
  return `failure-${digestHex(digestOf(canonicalJson(failure)))}`
}
