import type { CopyOptions } from "../content/copy.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { NewRelease } from "../fleet/release.ts"
import { type FleetSlug, organizationOf } from "../fleet/slug.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { parseRegistryPrefix } from "../oci/reference.ts"
import type { Context } from "./context.ts"

/** A fleet's repository in its registry: `<registry>/<org>/<name>`. */
export function fleetRepository(fleet: { slug: FleetSlug; registry: string }): {
  registry: string
  repository: string
} {
  const { registry, prefix } = parseRegistryPrefix(fleet.registry)
  return { registry, repository: prefix === "" ? fleet.slug : `${prefix}/${fleet.slug}` }
}

/** Sisters that are asked for one release, at most. */
const MAX_CANDIDATES = 3
/** Blobs that a sister may lack one after the other, until it is not asked any more. */
const MAX_MISSES = 4
/** Of a blob that is sooner sent than looked for, in bytes: a config, for one, is a release's own. */
const SMALL = 64 * 1024

type MountFrom = NonNullable<CopyOptions["mountFrom"]>

/** What a release to be sent is known by. */
type SentRelease = Pick<NewRelease, "commit" | "index">

/** A fleet that may have blobs of a release in the same registry. */
interface Candidate {
  sister: Fleet
  repository: string
  /** Whether it has a release with the same content, and so all of the blobs. */
  isSame: boolean
  /** Whether its registry has shown that it has one of them, and that we may ask. */
  isProven: boolean
  misses: number
}

/**
 * Finds repositories to mount the blobs of a release from: those of the same organization's fleets in the same
 * registry. The fleet store says which few of them are worth asking, however many there are. `undefined` where there
 * are none.
 */
export async function mountSource(
  context: Context,
  fleet: Fleet,
  release: SentRelease,
  options: OperationOptions = {},
): Promise<MountFrom | undefined> {
  // A server's own registry finds a repository by itself, and so does a home's content store.
  if (fleet.registry === null) return async () => null
  const candidates = await findCandidates(context, { ...fleet, registry: fleet.registry }, release, options)
  if (candidates.length === 0) return undefined
  return async (blob, blobOptions) => {
    for (const candidate of candidates) {
      if (await mayHave(context, candidate, blob, blobOptions)) return candidate.repository
    }
    return undefined
  }
}

/** The sisters with a release of the same commit come first, then those with the newest release as their target. */
async function findCandidates(
  context: Context,
  fleet: Fleet & { registry: string },
  { commit, index }: SentRelease,
  options: OperationOptions,
): Promise<Candidate[]> {
  const { registry } = fleetRepository(fleet)
  const organization = organizationOf(fleet.slug)
  const sisters = new Map<FleetSlug, Candidate>()
  for (const sister of await context.fleets.listFleets({ organization, signal: options.signal })) {
    if (sister.id === fleet.id || sister.registry === null) continue
    const place = fleetRepository({ slug: sister.slug, registry: sister.registry })
    if (place.registry !== registry) continue
    const { repository } = place
    sisters.set(sister.slug, { sister, repository, isSame: false, isProven: false, misses: 0 })
  }
  if (sisters.size === 0) return []
  const known: Candidate[] = []
  for (const found of await context.fleets.findReleases({ commit, organization }, options)) {
    const candidate = sisters.get(found.fleet)
    if (candidate === undefined || found.status !== "success" || found.commit !== commit) continue
    candidate.isSame ||= found.index.digest === index.digest
    known.push(candidate)
  }
  const byTarget = [...sisters.values()].toSorted(
    (one, other) => (other.sister.target?.id ?? 0) - (one.sister.target?.id ?? 0),
  )
  const all = new Set([...known.filter(({ isSame }) => isSame), ...known, ...byTarget])
  return [...all].slice(0, MAX_CANDIDATES)
}

async function mayHave(
  context: Context,
  candidate: Candidate,
  blob: Descriptor,
  options: OperationOptions,
): Promise<boolean> {
  if (candidate.misses >= MAX_MISSES) return false
  if (candidate.isSame && candidate.isProven) return true
  if (!candidate.isSame && blob.size < SMALL) return false
  try {
    const isThere = await (await context.contentOf(candidate.sister)).exists(blob, options)
    candidate.isProven ||= isThere
    candidate.misses = isThere ? 0 : candidate.misses + 1
    return isThere
  } catch {
    options.signal?.throwIfAborted()
    // A login for one repository need not be good for its neighbour: sending the blob is always another way.
    candidate.misses = MAX_MISSES
    return false
  }
}
