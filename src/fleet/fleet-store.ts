import type { OperationOptions } from "../content/interfaces.ts"
import type { Fleet, NewFleet } from "./fleet.ts"
import type { NewRelease, Release, ReleaseSummary, UnsuccessfulRelease } from "./release.ts"
import type { FleetSlug } from "./slug.ts"

/** A change is recorded with the time that the caller gives; a store behind a server uses the server's. */
export interface ChangeOptions extends OperationOptions {
  now: Date
}

export interface RemoveFleetOptions extends OperationOptions {
  /** Removes the fleet's releases with it, instead of refusing. Default `false`. */
  withReleases?: boolean | undefined
}

export interface PageOptions extends OperationOptions {
  /** Default: all. */
  limit?: number | undefined
  /** Goes on behind the release with this id, the last of the page before. */
  before?: number | undefined
}

/** What releases to find. A commit may be a beginning of 7 or more digits, in one fleet or in all of them. */
export type ReleaseFilter =
  | { commit: string; fleet?: FleetSlug | undefined }
  | { fleet: FleetSlug; rawVersion: string }

/**
 * Keeps fleets and releases. Each method is one transaction: done whole or not at all, whatever happens meanwhile,
 * and right under any number of concurrent callers. All that name a fleet or a release that is not there throw
 * `FLEET_NOT_FOUND` or `RELEASE_NOT_FOUND`. "Newest" is by the order of recording, which no clock can upset.
 */
export interface FleetStore {
  /** Makes a fleet, and its organization when that is missing. Throws `FLEET_EXISTS`, `INVALID_REFERENCE`. */
  createFleet(fleet: NewFleet, options: ChangeOptions): Promise<Fleet>

  getFleet(slug: FleetSlug, options?: OperationOptions): Promise<Fleet>

  /** In order of slug. */
  listFleets(options?: OperationOptions): Promise<Fleet[]>

  /** Throws `FLEET_HAS_RELEASES` unless they may go with it. The organization stays. */
  removeFleet(slug: FleetSlug, options?: RemoveFleetOptions): Promise<void>

  /**
   * Records a successful release and assigns its revision, unless it is a draft: one more than the greatest among
   * the fleet's final releases of the same `revisionKey`, from 0. Throws `RELEASE_EXISTS` (a `ReleaseExistsError`)
   * when a success with that commit has the same content, `COMMIT_CONFLICT` when it has other content,
   * `REVISION_MISMATCH` when a requested revision is not the one to be assigned, `VERSION_CONFLICT` when the raw
   * version names another success of the fleet, and what `checkNewRelease` throws.
   */
  recordRelease(fleet: FleetSlug, release: NewRelease, options: ChangeOptions): Promise<Release>

  /** Records a build that failed or was cancelled. It gets no revision, and may share its commit with others. */
  recordUnsuccessfulRelease(
    fleet: FleetSlug,
    release: UnsuccessfulRelease,
    options: ChangeOptions,
  ): Promise<Release>

  /**
   * Makes a draft final: it gets the revision that is next now, and keeps it. It does not become newer by that.
   * A final release stays as it is. Throws `RELEASE_NOT_SUCCESSFUL`, `VERSION_CONFLICT`.
   */
  finalizeRelease(id: number, options?: OperationOptions): Promise<Release>

  /** Excludes a release from being latest. Throws `RELEASE_NOT_SUCCESSFUL`. */
  invalidateRelease(id: number, options: ChangeOptions): Promise<Release>

  /** Takes an invalidation back. Throws `RELEASE_NOT_SUCCESSFUL`. */
  validateRelease(id: number, options?: OperationOptions): Promise<Release>

  getRelease(id: number, options?: OperationOptions): Promise<Release>

  /** The newest release of a fleet that is final, successful and valid. */
  latestRelease(fleet: FleetSlug, options?: OperationOptions): Promise<Release | undefined>

  /** Newest first, of every status. */
  listReleases(fleet: FleetSlug, options?: PageOptions): Promise<ReleaseSummary[]>

  /**
   * Newest first, of every status. Releases with exactly the commit come alone, where there are any: see
   * `matchCommit`. A raw version names at most one success of a fleet. Throws `INVALID_COMMIT`.
   */
  findReleases(filter: ReleaseFilter, options?: OperationOptions): Promise<ReleaseSummary[]>

  /** Its content stays where it is. A revision that was the greatest is assigned again. */
  removeRelease(id: number, options?: OperationOptions): Promise<void>

  close(): Promise<void>
}
