import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { PlannedBundle } from "../bundle/planned-bundle.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { isFinal } from "../fleet/release.ts"
import type { Home } from "../operations/home.ts"
import { planRelease } from "../operations/release-plan.ts"
import type { SuccessfulRelease } from "../operations/successful-release.ts"

/** Of the manifests in all plans that are kept, in bytes; the largest release has 24 MiB. */
const MAX_BYTES = 32 << 20
const MAX_PLANS = 64

/**
 * Plans the bundles that are asked for, and keeps the last ones: a download that is resumed, or that takes its parts side by side,
 * would else read all manifests again for each of them.
 */
export class BundlePlans {
  readonly #home: Home
  readonly #plans = new Map<string, { plan: BundlePlan; bytes: number }>()

  constructor(home: Home) {
    this.#home = home
  }

  /** Throws what `planRelease` throws. */
  async open(release: SuccessfulRelease): Promise<PlannedBundle> {
    const fleet = await this.#home.fleets.getFleet(release.fleet)
    const key = keyOf(fleet, release)
    const known = this.#plans.get(key)
    if (known === undefined) {
      const { content, plan } = await planRelease(this.#home, release)
      this.#keep(key, plan)
      return new PlannedBundle(content, plan)
    }
    // The last one that was asked for goes last.
    this.#plans.delete(key)
    this.#plans.set(key, known)
    return new PlannedBundle(await this.#home.contentOf(fleet), known.plan)
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
