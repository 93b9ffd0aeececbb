import { FleetError } from "../fleet/fleet-error.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import type { Release, ReleaseName } from "../fleet/release.ts"

/** A release is at most a few megabytes, and devices ask for few of them at a time. */
const MAX_RELEASES = 8

/**
 * Releases that devices have asked for last: when a fleet moves, all its devices want the same one at once. What a
 * release holds never changes; what changes beside it stands in its name, which is the key.
 */
export class ReleaseCache {
  readonly #fleets: FleetStore
  readonly #releases = new Map<string, Promise<Release>>()

  constructor(fleets: FleetStore) {
    this.#fleets = fleets
  }

  /** `undefined` where the release was removed, invalidated or validated since it was named so. */
  async find(name: ReleaseName): Promise<Release | undefined> {
    const key = JSON.stringify(name)
    const loading = this.#releases.get(key) ?? this.#load(key, name)
    try {
      const release = await loading
      if (release.isInvalidated === name.isInvalidated) return release
    } catch (error) {
      if (!(error instanceof FleetError) || error.code !== "RELEASE_NOT_FOUND") throw error
    }
    this.#releases.delete(key)
    return undefined
  }

  #load(key: string, { id }: ReleaseName): Promise<Release> {
    const loading = this.#fleets.getRelease(id)
    this.#releases.set(key, loading)
    loading.catch(() => this.#releases.delete(key))
    const [oldest] = this.#releases.keys()
    if (this.#releases.size > MAX_RELEASES && oldest !== undefined) this.#releases.delete(oldest)
    return loading
  }
}
