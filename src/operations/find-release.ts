import type { OperationOptions } from "../content/interfaces.ts"
import { isCommit, parseCommit } from "../fleet/commit.ts"
import type { Release, ReleaseSummary } from "../fleet/release.ts"
import { type FleetSlug, parseFleetSlug } from "../fleet/slug.ts"
import { normalizeRawVersion, rawVersion } from "../fleet/version.ts"
import type { Context } from "./context.ts"
import { OperationError } from "./operation-error.ts"

/** A release by its commit, in whatever fleet it is; or by its fleet and version, the fleet's latest without one. */
export type ReleaseSelector = { commit: string } | { fleet: FleetSlug; version?: string | undefined }

/** A release that is found, and whole. */
export type SuccessfulRelease = Release & { status: "success" }

/** Reads what a person typed: what has a `/` is a fleet, all else a commit. Throws `INVALID_SLUG`, `INVALID_COMMIT`. */
export function parseReleaseSelector(text: string, version?: string): ReleaseSelector {
  if (text.includes("/")) return { fleet: parseFleetSlug(text), version }
  if (version === undefined) return { commit: parseCommit(text) }
  throw new OperationError("RELEASE_NOT_FOUND", `a version goes with a fleet, and "${text}" is a commit`, {
    hint: "name the fleet as org/name, or leave --version out",
  })
}

/**
 * Finds the one release that a selector names, of any status.
 * Throws `RELEASE_NOT_FOUND`, or `AMBIGUOUS_RELEASE` listing what matches and the command to use instead.
 */
export async function findRelease(
  context: Pick<Context, "fleets">,
  selector: ReleaseSelector,
  command: string,
  options: OperationOptions = {},
): Promise<Release> {
  const found =
    "commit" in selector
      ? await byCommit(context, selector.commit, command, options)
      : await byVersion(context, selector.fleet, selector.version, options)
  return context.fleets.getRelease(found.id, options)
}

/** As `findRelease`, for what only a successful release can do. Throws `RELEASE_NOT_SUCCESSFUL` with the reason. */
export async function findSuccessfulRelease(
  context: Pick<Context, "fleets">,
  selector: ReleaseSelector,
  command: string,
  options: OperationOptions = {},
): Promise<SuccessfulRelease> {
  const release = await findRelease(context, selector, command, options)
  if (release.status === "success") return release
  throw new OperationError(
    "RELEASE_NOT_SUCCESSFUL",
    `release ${rawVersion(release)} of ${release.fleet} is ${release.status}${release.failureReason ? `: ${release.failureReason}` : ""}`,
    { hint: "only a successful release can be used: create it again" },
  )
}

/**
 * Finds what a person calls a release of one fleet: a commit or its beginning, or a version. A commit that only another
 * fleet has is found there, so that what refuses it can say so. Throws as `findRelease` does.
 */
export async function findFleetRelease(
  context: Pick<Context, "fleets">,
  fleet: FleetSlug,
  text: string,
  options: OperationOptions = {},
): Promise<ReleaseSummary> {
  if (!isCommit(text)) return byVersion(context, fleet, text, options)
  const commit = parseCommit(text)
  const own = preferSuccessful(await context.fleets.findReleases({ fleet, commit }, options))
  const found =
    own.length > 0 ? own : preferSuccessful(await context.fleets.findReleases({ commit }, options))
  return onlyOne(found, commit, { hint: "give more digits of the commit, or the version" })
}

async function byCommit(
  context: Pick<Context, "fleets">,
  commit: string,
  command: string,
  options: OperationOptions,
): Promise<ReleaseSummary> {
  const found = preferSuccessful(await context.fleets.findReleases({ commit }, options))
  const commands = found.map(
    (release) => `\`waybill release ${command} ${release.fleet} --version ${rawVersion(release)}\``,
  )
  return onlyOne(found, commit, { hint: `name the fleet and the version: ${commands.join(" or ")}` })
}

function onlyOne(
  found: readonly ReleaseSummary[],
  commit: string,
  { hint }: { hint: string },
): ReleaseSummary {
  const [first, ...others] = found
  if (!first) {
    throw new OperationError("RELEASE_NOT_FOUND", `no release has the commit ${commit}`, {
      hint: "see the releases of a fleet with `waybill release list <fleet>`",
    })
  }
  // Failed builds of one commit in one fleet are many names for one thing: the newest stands for them.
  const isOne =
    first.status !== "success" &&
    others.every(({ fleet, commit: other }) => fleet === first.fleet && other === first.commit)
  if (others.length === 0 || isOne) return first
  const places = found.map((release) => `${release.fleet} ${rawVersion(release)} (${release.commit})`)
  throw new OperationError(
    "AMBIGUOUS_RELEASE",
    `${commit} names ${found.length} releases: ${places.join(", ")}`,
    { hint },
  )
}

async function byVersion(
  context: Pick<Context, "fleets">,
  fleet: FleetSlug,
  version: string | undefined,
  options: OperationOptions,
): Promise<ReleaseSummary> {
  await context.fleets.getFleet(fleet, options)
  const found =
    version === undefined
      ? await context.fleets.latestRelease(fleet, options)
      : preferSuccessful(
          await context.fleets.findReleases({ fleet, rawVersion: normalizeRawVersion(version) }, options),
        )[0]
  if (found) return found
  const missing = version === undefined ? "no final, valid release" : `no release ${version}`
  throw new OperationError("RELEASE_NOT_FOUND", `${fleet} has ${missing}`, {
    hint: `see what there is with \`waybill release list ${fleet}\``,
  })
}

function preferSuccessful(found: ReleaseSummary[]): ReleaseSummary[] {
  const successful = found.filter(({ status }) => status === "success")
  return successful.length > 0 ? successful : found
}
