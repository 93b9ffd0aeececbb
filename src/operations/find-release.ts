import type { OperationOptions } from "../content/interfaces.ts"
import { isCommit, parseCommit } from "../fleet/commit.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { Release, ReleaseSummary } from "../fleet/release.ts"
import { type FleetSlug, parseFleetSlug } from "../fleet/slug.ts"
import { exactVersion, rawVersion } from "../fleet/version.ts"
import type { Context } from "./context.ts"
import { OperationError } from "./operation-error.ts"
import { requireSuccess, type SuccessfulRelease } from "./successful-release.ts"

/**
 * A release by its commit, in whatever fleet it is; or by its fleet and what it is called there, the fleet's latest without
 * that: a version (see `parseVersionName`), a commit or the beginning of one.
 */
export type ReleaseSelector = { commit: string } | { fleet: FleetSlug; version?: string | undefined }

/**
 * Reads what a person typed: `acme/edge`, `acme/edge@1.2.3`, or a commit; all that has a `/` begins with a fleet. `versions`
 * are what stands elsewhere on the command line, behind the fleet or with `--version`: a commit as well, and none that says
 * something else. Throws `INVALID_SLUG`, `INVALID_COMMIT`, `RELEASE_NAMED_TWICE`.
 */
export function parseReleaseSelector(
  text: string,
  ...versions: readonly (string | undefined)[]
): ReleaseSelector {
  const at = text.indexOf("/") < 0 ? -1 : text.indexOf("@")
  const version = onlyName(at < 0 ? undefined : text.slice(at + 1), ...versions)
  if (text.includes("/")) return { fleet: parseFleetSlug(at < 0 ? text : text.slice(0, at)), version }
  if (version === undefined && isCommit(text)) return { commit: parseCommit(text) }
  if (version === undefined) {
    throw new FleetError("INVALID_COMMIT", `"${text.slice(0, 80)}" is neither a fleet nor a commit`, {
      hint: "a fleet is org/name, a release of it acme/edge@1.2.3; a commit, or the beginning of one, 7 to 40 hex digits",
    })
  }
  throw new OperationError(
    "RELEASE_NOT_FOUND",
    `"${text.slice(0, 80)}" is no fleet, of which there could be a release ${version}`,
    { hint: `name the fleet as org/name: acme/edge ${version}` },
  )
}

/** The same of what has to be a release of one fleet, or the fleet itself. */
export function parseFleetRelease(
  text: string,
  ...versions: readonly (string | undefined)[]
): Extract<ReleaseSelector, { fleet: FleetSlug }> {
  const selector = parseReleaseSelector(text, ...versions)
  // A commit alone does not say of which fleet: that is what is said of it.
  return "fleet" in selector ? selector : { fleet: parseFleetSlug(text) }
}

/** What is named, be it once or in several places alike. Throws `RELEASE_NAMED_TWICE` for two releases at once. */
export function onlyName(...names: readonly (string | undefined)[]): string | undefined {
  const given = names.filter((name) => name !== undefined)
  const [first, other] = new Map(given.map((name) => [sameFor(name), name])).values()
  if (given.includes("")) {
    throw new OperationError("RELEASE_NOT_FOUND", "the name of a release is empty", {
      hint: "name it by its version or commit, as in acme/edge@1.2.3",
    })
  }
  if (other === undefined) return first
  throw new OperationError("RELEASE_NAMED_TWICE", `two releases are named at once: ${first} and ${other}`, {
    hint: "name the one that is meant: behind the fleet, as acme/edge@1.2.3, or with --version",
  })
}

/** What two names of one release have in common: commits are the same in capitals, pre-releases and builds are not. */
function sameFor(name: string): string {
  return isCommit(name) ? parseCommit(name) : name.replace(/^v(?=[0-9])/, "")
}

/**
 * Finds the one release that a selector names, of any status.
 * Throws `RELEASE_NOT_FOUND`, `RELEASE_OF_OTHER_FLEET`, or `AMBIGUOUS_RELEASE` listing what matches and how
 * each is named.
 */
export async function findRelease(
  context: Pick<Context, "fleets">,
  selector: ReleaseSelector,
  options: OperationOptions = {},
): Promise<Release> {
  const found = await findSummary(context, selector, options)
  return context.fleets.getRelease(found.id, options)
}

/** As `findRelease`, for what only a successful release can do. Throws `RELEASE_NOT_SUCCESSFUL` with the reason. */
export async function findSuccessfulRelease(
  context: Pick<Context, "fleets">,
  selector: ReleaseSelector,
  options: OperationOptions = {},
): Promise<SuccessfulRelease> {
  return requireSuccess(await findRelease(context, selector, options))
}

/** Finds what a person calls a release of one fleet: see `ReleaseSelector`. Throws as `findRelease` does. */
export async function findFleetRelease(
  context: Pick<Context, "fleets">,
  fleet: FleetSlug,
  name: string,
  options: OperationOptions = {},
): Promise<ReleaseSummary> {
  if (name.includes("/")) return findSummary(context, parseReleaseSelector(name), options)
  return isCommit(name)
    ? byFleetAndCommit(context, fleet, parseCommit(name), options)
    : byVersion(context, fleet, name, options)
}

async function findSummary(
  context: Pick<Context, "fleets">,
  selector: ReleaseSelector,
  options: OperationOptions,
): Promise<ReleaseSummary> {
  if ("commit" in selector) return byCommit(context, selector.commit, options)
  const { fleet, version } = selector
  return version === undefined
    ? latestOf(context, fleet, options)
    : findFleetRelease(context, fleet, version, options)
}

async function byCommit(
  context: Pick<Context, "fleets">,
  commit: string,
  options: OperationOptions,
): Promise<ReleaseSummary> {
  const found = preferSuccessful(await context.fleets.findReleases({ commit }, options))
  const names = found.map((release) => `${release.fleet}@${exactVersion(release)}`)
  return onlyOne(found, commit, { hint: `name the fleet and the version: ${names.join(" or ")}` })
}

async function byFleetAndCommit(
  context: Pick<Context, "fleets">,
  fleet: FleetSlug,
  commit: string,
  options: OperationOptions,
): Promise<ReleaseSummary> {
  const own = preferSuccessful(await context.fleets.findReleases({ fleet, commit }, options))
  const found =
    own.length > 0 ? own : preferSuccessful(await context.fleets.findReleases({ commit }, options))
  const release = onlyOne(found, commit, { hint: "give more digits of the commit, or the version" })
  if (release.fleet === fleet) return release
  throw new FleetError(
    "RELEASE_OF_OTHER_FLEET",
    `${fleet} has no release of commit ${commit}: it is a release of ${release.fleet}`,
    { hint: `export it, and import it into ${fleet}` },
  )
}

function onlyOne(
  found: readonly ReleaseSummary[],
  commit: string,
  { hint }: { hint: string },
): ReleaseSummary {
  const [first, ...others] = found
  if (!first) {
    throw new OperationError("RELEASE_NOT_FOUND", `no release has the commit ${commit}`)
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
  version: string,
  options: OperationOptions,
): Promise<ReleaseSummary> {
  const [found] = await context.fleets.findReleases({ fleet, version }, { ...options, limit: 1 })
  return found ?? notFound(fleet, `no release ${version}`)
}

async function latestOf(
  context: Pick<Context, "fleets">,
  fleet: FleetSlug,
  options: OperationOptions,
): Promise<ReleaseSummary> {
  const found = await context.fleets.latestRelease(fleet, options)
  return found ?? notFound(fleet, "no final, valid release")
}

function notFound(fleet: FleetSlug, missing: string): never {
  throw new OperationError("RELEASE_NOT_FOUND", `${fleet} has ${missing}`)
}

function preferSuccessful(found: ReleaseSummary[]): ReleaseSummary[] {
  const successful = found.filter(({ status }) => status === "success")
  return successful.length > 0 ? successful : found
}
