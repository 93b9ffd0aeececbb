import type { OperationOptions } from "../content/interfaces.ts"
import { hasCode } from "../errors/system-error.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import type { ReleaseSummary } from "../fleet/release.ts"
import { type FleetSlug, parseFleetSlug } from "../fleet/slug.ts"
import { rawVersion } from "../fleet/version.ts"
import type { Garbage } from "../layout/garbage/garbage.ts"
import type { StoreReport, VerifyStoreOptions } from "../layout/verify-store.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Home } from "./home.ts"

/** How long what was pushed stays although nothing needs it yet, in milliseconds. */
const DEFAULT_GRACE = 60 * 60 * 1000

interface GarbageRequest extends OperationOptions {
  /** In milliseconds. Default one hour. */
  grace?: number | undefined
  dryRun?: boolean | undefined
}

/**
 * Frees what no release, tag or running push needs in a home's content store, while others work in it. What of a damaged
 * release is there stays.
 */
export async function collectStoreGarbage(
  home: Home,
  { grace = DEFAULT_GRACE, ...options }: GarbageRequest = {},
): Promise<Garbage> {
  const store = await home.store()
  const isGone = (name: string) => isFleetGone(home, name, options)
  return store.collectGarbage({ ...options, grace, findRoots: () => releasesInStore(home, options), isGone })
}

/** Reads every byte of a home's content store, and says what of it is damaged or missing. */
export async function verifyStore(
  home: Home,
  options: Omit<VerifyStoreOptions, "roots"> = {},
): Promise<StoreReport> {
  const store = await home.store()
  return store.verify({ ...options, roots: await releasesInStore(home, options) })
}

async function releasesInStore(
  { fleets }: Home,
  options: OperationOptions,
): Promise<{ name: string; repository: string; descriptor: Descriptor }[]> {
  const roots = []
  for (const { slug, registry } of await fleets.listFleets(options)) {
    if (registry !== null) continue
    for (const release of await releasesOf(fleets, slug, options)) {
      if (release.status !== "success") continue
      const name = `release ${rawVersion(release)} of ${slug}`
      roots.push({ name, repository: slug, descriptor: release.index })
    }
  }
  return roots
}

/** A fleet may be removed while its releases are asked for. */
async function releasesOf(
  fleets: FleetStore,
  slug: FleetSlug,
  options: OperationOptions,
): Promise<ReleaseSummary[]> {
  try {
    return await fleets.listReleases(slug, options)
  } catch (error) {
    if (hasCode(error, "FLEET_NOT_FOUND")) return []
    throw error
  }
}

async function isFleetGone({ fleets }: Home, name: string, { signal }: OperationOptions): Promise<boolean> {
  try {
    await fleets.getFleet(parseFleetSlug(name), { signal })
    return false
  } catch (error) {
    if (hasCode(error, "FLEET_NOT_FOUND")) return true
    throw error
  }
}
