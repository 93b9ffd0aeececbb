import compare from "semver/functions/compare.js"
import parseSemver from "semver/functions/parse.js"
import { isTag } from "../oci/reference.ts"
import { FleetError } from "./fleet-error.ts"

/** A release's version without its revision, which the fleet assigns. Parts that are not there are empty. */
export interface ReleaseVersion {
  major: number
  minor: number
  patch: number
  /** Identifiers with dots between, as in `beta.1`. */
  prerelease: string
  /** Build metadata: identifiers with dots between, `revN` never among them. */
  build: string
  /** One of several builds made for different purposes, as in `prod`; identifiers as of build metadata. */
  variant: string
}

/** A version as a person gives it. */
export interface RequestedVersion extends ReleaseVersion {
  /** From a `revN` in the build metadata: what the fleet must be about to assign. */
  requestedRevision?: number | undefined
}

/** What distinguishes one count of revisions in a fleet from another: everything but the build metadata. */
export type RevisionKey = Omit<ReleaseVersion, "build">

/** In characters, without revision; so a tag of it has room for `.revN` or a draft's time. */
const MAX_VERSION_LENGTH = 100

const IDENTIFIERS = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/
const REVISION = /^rev([0-9]+)$/

/**
 * Parses a semantic version (semver.org 2.0.0). `v3.0.0` is 3.0.0; no version at all is 0.0.0. A `revN` must be the
 * last identifier of the build metadata and is kept apart. Throws `INVALID_VERSION`, also for numbers over 2^53 - 1,
 * which programs that read them as such would get wrong.
 */
export function parseVersion(text = "0.0.0", variant = ""): RequestedVersion {
  if (text.length > MAX_VERSION_LENGTH) throw tooLong(text)
  const parsed = /\s/.test(text) ? null : parseSemver(text)
  if (parsed === null) throw invalid(text, "it is not semantic")
  if (variant !== "" && !IDENTIFIERS.test(variant)) throw invalid(text, `"${variant}" is not a variant`)
  if (variant.split(".").some((part) => REVISION.test(part))) {
    throw invalid(text, `the variant "${variant}" reads like a revision`)
  }
  if (
    parsed.prerelease.some((part) => /^[0-9]+$/.test(String(part)) && !Number.isSafeInteger(Number(part)))
  ) {
    throw invalid(text, "a number of its prerelease is too great")
  }
  const { build, requestedRevision } = splitBuild(text, parsed.build)
  const version = {
    major: parsed.major,
    minor: parsed.minor,
    patch: parsed.patch,
    prerelease: parsed.prerelease.join("."),
    build,
    variant,
  }
  if (printVersion(version).length > MAX_VERSION_LENGTH) throw tooLong(text)
  return requestedRevision === undefined ? version : { ...version, requestedRevision }
}

/** Prints `core[-prerelease][+build.revN.variant]`; revision 0 is not printed. */
export function printVersion(version: ReleaseVersion, revision = 0): string {
  const build = dotted(version.build, revision === 0 ? "" : `rev${revision}`, version.variant)
  return `${core(version)}${prefixed("-", version.prerelease)}${prefixed("+", build)}`
}

/**
 * The version of a release as its fleet knows it. Without a revision (a draft, or what never succeeded) it is
 * `core-<created>`, the time in milliseconds since 1970; a prerelease stands before the time, so that drafts sort
 * as semver has it: `2.0.0-beta.1.1767225600000` comes after `2.0.0-beta.1` and before `2.0.0-beta.2`.
 */
export function rawVersion(release: {
  version: ReleaseVersion
  revision: number | null
  createdAt: string
}): string {
  const { version, revision, createdAt } = release
  if (revision !== null) return printVersion(version, revision)
  return `${core(version)}-${dotted(version.prerelease, String(Date.parse(createdAt)))}`
}

/** What a version that a person typed stands for: see `parseVersionName`. */
export type VersionName =
  /** The one release of which `rawVersion` prints `raw`. */
  | { raw: string; revision: number }
  /** All revisions of a version; or the draft, or the failed build, of which `rawVersion` prints `raw`. */
  | (Pick<ReleaseVersion, "major" | "minor" | "patch" | "prerelease"> & {
      raw: string
      revision: null
      /** Build metadata and variant as `printVersion` has them behind one another; empty for any metadata, and no variant. */
      build: string
    })

/**
 * Reads how a person names the version of a release that is there: `1.2.3` for whatever revisions it has, `1.2.3+rev1` and
 * `1.2.3+rev0` for one of them. `undefined` for what no version is called.
 */
export function parseVersionName(text: string): VersionName | undefined {
  const raw = text.replace(/^v(?=[0-9])/, "")
  const parsed = /\s/.test(raw) ? null : parseSemver(raw)
  if (parsed === null) return undefined
  const { digits, others } = splitRevision(parsed.build)
  const { major, minor, patch } = parsed
  if (digits === undefined)
    return {
      raw,
      revision: null,
      major,
      minor,
      patch,
      prerelease: parsed.prerelease.join("."),
      build: others,
    }
  const revision = Number(digits)
  if (revision > 0) return { raw, revision }
  return { raw: `${raw.slice(0, raw.indexOf("+"))}${prefixed("+", others)}`, revision }
}

/**
 * Whether one version, as `rawVersion` prints it, is older than another. Build metadata has no order (semver 2.0.0, section 10); the
 * revisions of one version have.
 */
export function isOlderVersion(one: string, other: string): boolean {
  const order = compare(one, other)
  if (order !== 0) return order < 0
  const first = splitRevision(parseSemver(one)?.build ?? [])
  const second = splitRevision(parseSemver(other)?.build ?? [])
  return first.others === second.others && Number(first.digits ?? 0) < Number(second.digits ?? 0)
}

/**
 * The order of the versions of two releases, below 0 where the first comes first: by precedence (semver 2.0.0, section 11), variants of
 * one version by their names, a draft before the revisions.
 */
export function compareReleaseVersions(
  one: RevisionKey & { revision: number | null },
  other: RevisionKey & { revision: number | null },
): number {
  return (
    one.major - other.major ||
    one.minor - other.minor ||
    one.patch - other.patch ||
    comparePrereleases(one.prerelease, other.prerelease) ||
    (one.variant < other.variant ? -1 : Number(one.variant > other.variant)) ||
    (one.revision ?? -1) - (other.revision ?? -1)
  )
}

/** The version of a release by which no other revision can be meant: that of the first is `1.2.3+rev0`. */
export function exactVersion(release: Parameters<typeof rawVersion>[0]): string {
  const { version, revision } = release
  if (revision !== 0) return rawVersion(release)
  return printVersion({ ...version, build: dotted(version.build, "rev0") })
}

export function revisionKey(version: ReleaseVersion): RevisionKey {
  const { major, minor, patch, prerelease, variant } = version
  return { major, minor, patch, prerelease, variant }
}

/**
 * Checks that a revision which a version asks for is the one to be assigned; `null` is that of a draft.
 * Throws `REVISION_MISMATCH`.
 */
export function checkRevision({ requestedRevision }: RequestedVersion, revision: number | null): void {
  if (requestedRevision === undefined || requestedRevision === revision) return
  const next = revision === null ? "a draft has no revision" : `the next revision is ${revision}`
  throw new FleetError("REVISION_MISMATCH", `the version asks for rev${requestedRevision}, but ${next}`, {
    hint: "leave the revision out of the version: the fleet assigns it",
  })
}

/** The tag of a release: a tag cannot hold `+`, and `_` is in no version, so it takes its place as in Helm. */
export function tagOfVersion(version: string): string {
  return checkTag(version.replaceAll("+", "_"))
}

/** The tag of a service's image: `<service>-<version>`. */
export function tagOfService(service: string, version: string): string {
  return checkTag(`${service}-${tagOfVersion(version)}`)
}

function checkTag(tag: string): string {
  if (isTag(tag)) return tag
  throw new FleetError("INVALID_VERSION", `"${tag.slice(0, 300)}" cannot be a tag`, {
    hint: "a tag has at most 128 of the characters A-Z a-z 0-9 . _ - and begins with neither . nor -",
  })
}

/** Tells the revision among the identifiers of build metadata, where there is one, from the others. */
function splitRevision(identifiers: readonly string[]) {
  const at = identifiers.findIndex((identifier) => REVISION.test(identifier))
  if (at < 0) return { at, digits: undefined, others: identifiers.join(".") }
  const digits = REVISION.exec(identifiers[at] ?? "")?.[1]
  return { at, digits, others: identifiers.toSpliced(at, 1).join(".") }
}

function splitBuild(text: string, identifiers: readonly string[]) {
  const { at, digits, others } = splitRevision(identifiers)
  if (digits === undefined) return { build: others, requestedRevision: undefined }
  if (at !== identifiers.length - 1) throw invalid(text, `something follows ${identifiers[at]}`)
  const requestedRevision = Number(digits)
  if (String(requestedRevision) !== digits || !Number.isSafeInteger(requestedRevision)) {
    throw invalid(text, `rev${digits} is not a revision`)
  }
  return { build: others, requestedRevision }
}

function comparePrereleases(one: string, other: string): number {
  return one === other ? 0 : compare(`0.0.0${prefixed("-", one)}`, `0.0.0${prefixed("-", other)}`)
}

function core(version: ReleaseVersion): string {
  return `${version.major}.${version.minor}.${version.patch}`
}

function dotted(...parts: string[]): string {
  return parts.filter((part) => part !== "").join(".")
}

function prefixed(prefix: string, text: string): string {
  return text === "" ? "" : `${prefix}${text}`
}

function tooLong(text: string): FleetError {
  return invalid(text, `it is longer than ${MAX_VERSION_LENGTH} characters`)
}

function invalid(text: string, reason: string): FleetError {
  return new FleetError("INVALID_VERSION", `"${text.slice(0, 120)}" is not a version: ${reason}`, {
    hint: "a version is major.minor.patch[-prerelease][+build], as in 1.2.3 or 2.0.0-beta.1, with no number beginning with 0",
  })
}
