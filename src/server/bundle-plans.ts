import { ApiError } from "../api/api-error.ts"
import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { PlannedBundle } from "../bundle/planned-bundle.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { isFinal } from "../fleet/release.ts"
import type { Home } from "../operations/home.ts"
import { planRelease } from "../operations/release-plan.ts"
import type { SuccessfulRelease } from "../operations/successful-release.ts"
import { inTime } from "./content-unavailable.ts"
import { RETRY_AFTER } from "./retry-after.ts"

/** Of the manifests in all plans that are kept, in bytes; the largest release has 24 MiB. */
const MAX_BYTES = 32 << 20
const MAX_PLANS = 64
/** Bundles that are planned at once: each of them has as much in memory as all that are kept. */
const MAX_PLANNING = 8

/**
 * Plans the bundles that are asked for, and keeps the last ones: a download that is resumed, or that takes its parts side by side,
 * would else read all manifests again for each of them.
 */
export class BundlePlans {
  readonly #home: Home
  readonly #plans = new Map<string, { plan: BundlePlan; bytes: number }>()
  /** What is under way: whoever asks for the same waits for that. */
  readonly #planning = new Map<string, Promise<BundlePlan>>()

  constructor(home: Home) {
    this.#home = home
  }

  /** Throws `SERVER_BUSY`, `CONTENT_UNAVAILABLE`, and what `planRelease` throws. */
  async open(release: SuccessfulRelease): Promise<PlannedBundle> {
    const fleet = await this.#home.fleets.getFleet(release.fleet)
    const key = keyOf(fleet, release)
    const plan = this.#find(key) ?? (await (this.#planning.get(key) ?? this.#begin(key, release)))
    return new PlannedBundle(await this.#home.contentOf(fleet), plan)
  }

  #find(key: string): BundlePlan | undefined {
    const known = this.#plans.get(key)
    if (known === undefined) return undefined
    // The last one that was asked for goes last.
    this.#plans.delete(key)
    this.#plans.set(key, known)
    return known.plan
  }

  async #begin(key: string, release: SuccessfulRelease): Promise<BundlePlan> {
    if (this.#planning.size >= MAX_PLANNING) {
      throw new ApiError("SERVER_BUSY", "the server reads as many releases as it can at once", {
        hint: `try again in ${RETRY_AFTER} seconds`,
      })
    }
    const planning = inTime(
      release,
      async (signal) => (await planRelease(this.#home, release, { signal })).plan,
    )
    this.#planning.set(key, planning)
    try {
      const plan = await planning
      this.#keep(key, plan)
      return plan
    } finally {
      this.#planning.delete(key)
    }
  }

  #keep(key: string, plan: BundlePlan): void {
    const bytes = plan.files.reduce(
      (sum, { content, size }) => sum + (content instanceof Uint8Array ? size : 0),
      0,
    )
    this.#plans.set(key, { plan, bytes })
    let sum = 0
    let count = 0
    for (const [other, kept] of [...this.#plans].toReversed()) {
      sum += kept.bytes
      if (++count > MAX_PLANS || sum > MAX_BYTES) this.#plans.delete(other)
    }
  }
}

/** A plan is a function of the release's content and of whether it is a draft; that it can be read there is found out in each place. */
function keyOf({ id, registry }: Fleet, release: SuccessfulRelease): string {
  return JSON.stringify([id, registry, release.index.digest, isFinal(release)])
}
