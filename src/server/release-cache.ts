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

  async get(name: ReleaseName): Promise<Release> {
    const key = JSON.stringify(name)
    const known = this.#releases.get(key)
    if (known !== undefined) return known
    const loading = this.#fleets.getRelease(name.id)
    this.#releases.set(key, loading)
    loading.catch(() => this.#releases.delete(key))
    const [oldest] = this.#releases.keys()
    if (this.#releases.size > MAX_RELEASES && oldest !== undefined) this.#releases.delete(oldest)
    return loading
  }
}
