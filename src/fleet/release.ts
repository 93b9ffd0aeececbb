import type { Descriptor } from "../oci/descriptor.ts"
import { FleetError } from "./fleet-error.ts"
import type { FleetSlug } from "./slug.ts"
import type { ReleaseVersion, RequestedVersion } from "./version.ts"

export const RELEASE_STATUSES = ["running", "success", "failed", "cancelled"] as const

/** Of the build that made a release. Only `success` can be exported, imported or pinned. */
export type ReleaseStatus = (typeof RELEASE_STATUSES)[number]

/** A service of a release with its image, by digest. */
export interface ReleaseService extends Pick<Descriptor, "mediaType" | "digest" | "size"> {
  name: string
}

/** What a build made or was to make. Composition and contract are JSON objects. */
export interface ReleaseContent {
  /** Hex, lower case: see `parseCommit`. */
  commit: string
  /** Of the original build, wherever the release came from since; ISO 8601 with a time zone. */
  createdAt: string
  composition: Record<string, unknown>
  contract: Record<string, unknown> | null
  note: string | null
  tags: Record<string, string>
}

/** What came of the build: only a success has content. */
export type ReleaseOutcome =
  | {
      status: "success"
      failureReason: null
      /** Its release index; the digest of that is the release digest. */
      index: Descriptor
    }
  | { status: Exclude<ReleaseStatus, "success">; failureReason: string | null; index: null }

interface ReleaseRecord extends Pick<ReleaseContent, "commit" | "createdAt"> {
  id: number
  fleet: FleetSlug
  version: ReleaseVersion
  /** Assigned by the fleet; `null` for a draft and for what is no success. See `rawVersion`. */
  revision: number | null
  /** An invalidated release is never latest and cannot be newly pinned. */
  isInvalidated: boolean
  /** When the fleet took it in; ISO 8601, UTC. */
  recordedAt: string
}

/** What of a release can change. */
export type ReleaseState = Pick<ReleaseRecord, "revision" | "isInvalidated">

/** A release as it is named where it is a target or a pin. */
export interface ReleaseName extends Pick<ReleaseRecord, "id" | "fleet" | "commit" | "isInvalidated"> {
  /** As `rawVersion` prints it. */
  version: string
}

/** A release as lists show it. */
export type ReleaseSummary = ReleaseRecord & ReleaseOutcome

/** A release whole. Services are in order of their names. */
export type Release = ReleaseSummary & ReleaseContent & { services: ReleaseService[] }

/** A successful build to be recorded. */
export interface NewRelease extends ReleaseContent {
  version: RequestedVersion
  index: Descriptor
  services: ReleaseService[]
  /** A draft gets no revision until it is finalized. Default `false`. */
  isDraft?: boolean | undefined
}

/** A build that did not succeed, to be recorded. */
export interface UnsuccessfulRelease extends ReleaseContent {
  version: ReleaseVersion
  status: "failed" | "cancelled"
  /** For people: what went wrong. Never a secret. */
  failureReason: string
}

/** Checks that a release is still as its change was decided on. Throws `RELEASE_CHANGED`. */
export function checkState(
  { id, fleet, revision, isInvalidated }: ReleaseState & Pick<ReleaseRecord, "id" | "fleet">,
  expected: ReleaseState | undefined,
): void {
  if (expected === undefined) return
  if (revision !== expected.revision || isInvalidated !== expected.isInvalidated)
    throw releaseChanged(id, fleet)
}

export function releaseChanged(id: number, fleet: FleetSlug): FleetError {
  return new FleetError("RELEASE_CHANGED", `release ${id} of ${fleet} has changed meanwhile`, {
    hint: "look at it again, and repeat the change if it is still wanted",
  })
}

/** Whether a release has its revision: it is no draft, and its build succeeded. */
export function isFinal(release: Pick<ReleaseSummary, "revision">): boolean {
  return release.revision !== null
}

/** Thrown when a fleet has a release already, same commit and same content: nothing is left to do. */
export class ReleaseExistsError extends FleetError {
  readonly release: Release

  constructor(release: Release) {
    super("RELEASE_EXISTS", `${release.fleet} has commit ${release.commit} with the same content already`)
    this.release = release
  }
}
