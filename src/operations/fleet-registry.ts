import { forEachConcurrent } from "../content/concurrency.ts"
import { type Graph, loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { describeError } from "../errors/describe.ts"
import { hasCode } from "../errors/system-error.ts"
import type { DeviceCounts } from "../fleet/device.ts"
import { checkNewFleet, type Fleet } from "../fleet/fleet.ts"
import { fleetHasNoRegistry } from "../fleet/not-found.ts"
import type { Release } from "../fleet/release.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { rawVersion } from "../fleet/version.ts"
import type { Digest } from "../oci/digest.ts"
import type { Context, FleetContent } from "./context.ts"
import { fleetRepository } from "./mount-source.ts"
import { OperationError } from "./operation-error.ts"
import { probeRegistry } from "./probe-registry.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

/** Blobs that are asked for at once. */
const AT_ONCE = 8

/** Digests that an error lists. */
const SHOWN = 5

export interface SetRegistryOptions extends OperationOptions {
  /** Looks whether the registry answers, and has what devices are to run. Default `true`. */
  check?: boolean | undefined
}

/** A release that was looked for, and is there. */
export interface CheckedRelease {
  version: string
  commit: string
  release: Digest
  /** Manifests, configurations and layers. */
  contents: number
}

export interface RegistryChange {
  fleet: Fleet
  /** Where it kept its images before. */
  before: string
  /** `undefined` where nothing was to be checked. */
  checked: CheckedRelease[] | undefined
  /** Other successful releases of the fleet, whose content may be there or not. */
  unchecked: number
  /** All of these are told to pull from there. */
  devices: DeviceCounts
}

/**
 * Says that a fleet keeps its images in another registry from now on: its devices are told so at once. Before that, looks whether
 * the registry takes the login, and has all content of the fleet's target and of what devices are pinned to, by digest,
 * those included that are pinned meanwhile, but for the moment between the last look and the change; the bytes are not read, and
 * other releases are not looked for. Throws `IMAGES_MISSING`, `RegistryError`, `POLICY_CHANGED` where the fleet has another target
 * meanwhile, and what `setRegistry` of the store throws.
 */
export async function setFleetRegistry(
  context: Context,
  slug: FleetSlug,
  registry: string,
  { check = true, signal }: SetRegistryOptions = {},
): Promise<RegistryChange> {
  checkNewFleet({ slug, registry })
  const { fleets } = context
  const present = await fleets.getFleet(slug, { signal })
  const { registry: before, generation } = present
  if (before === null) throw fleetHasNoRegistry(slug)
  const checked = check ? await checkContent(context, { ...present, registry }, signal) : undefined
  const all = await fleets.listReleases(slug, { signal })
  const successful = all.filter(({ status }) => status === "success").length
  const devices = await fleets.countDevices(slug, { signal })
  const fleet = await fleets.setRegistry(slug, registry, { ...context.change({ signal }), generation })
  return { fleet, before, checked, unchecked: successful - (checked?.length ?? 0), devices }
}

/** What is wrong with a registry that a fleet is to keep its images in, which may well come later: in words, for a person. */
export async function registryWarnings(
  context: Pick<Context, "registries">,
  fleet: { slug: FleetSlug; registry: string },
  { check = true, signal }: SetRegistryOptions = {},
): Promise<string[]> {
  const warnings: string[] = []
  const place = fleetRepository(fleet)
  if (fleet.registry.endsWith(`/${fleet.slug}`)) {
    const without = fleet.registry.slice(0, -fleet.slug.length - 1)
    warnings.push(
      `the registry ends in ${fleet.slug} already, and that is appended once more: ${without} may be meant`,
    )
  }
  if (!check) return warnings
  try {
    await probeRegistry(await context.registries(), place, signal)
  } catch (error) {
    signal?.throwIfAborted()
    const { message, hint } = describeError(error)
    warnings.push(
      `${place.registry} cannot be used as it is: ${message}${hint === undefined ? "" : `; ${hint}`}`,
    )
  }
  return warnings
}

async function checkContent(
  context: Context,
  fleet: Fleet & { registry: string },
  signal: AbortSignal | undefined,
): Promise<CheckedRelease[]> {
  await probeRegistry(await context.registries(), fleetRepository(fleet), signal)
  const content = await context.contentOf(fleet)
  const checked: CheckedRelease[] = []
  const check = async (release: SuccessfulRelease) => {
    const graph = await loadGraph(content, release.index, { signal }).catch((error: unknown) => {
      throw hasCode(error, "CONTENT_NOT_FOUND")
        ? missing(fleet, release, describeError(error).message)
        : error
    })
    const contents = await checkBlobs(content, graph, fleet, release, signal)
    const { commit, index } = release
    checked.push({ version: rawVersion(release), commit, release: index.digest, contents })
  }
  const seen = new Set<number>()
  for (;;) {
    // A check takes its time, in which devices are pinned to others: it ends when there are none of these.
    const fresh = (await idsInUse(context, fleet, signal)).filter((id) => !seen.has(id))
    if (fresh.length === 0) return checked
    for (const id of fresh) {
      seen.add(id)
      const release = await context.fleets.getRelease(id, { signal })
      if (release.status === "success") await check(release)
    }
  }
}

/** What devices run, or should: the target of the fleet, and all pins. */
async function idsInUse(
  { fleets }: Context,
  { slug, pin, target }: Fleet,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const pinned = await fleets.listDevices({ fleet: slug, policy: "pinned" }, { signal })
  const names = [target, pin, ...pinned.map((device) => device.pin)]
  return [...new Set(names.flatMap((name) => name?.id ?? []))]
}

async function checkBlobs(
  content: FleetContent,
  graph: Graph,
  fleet: Fleet & { registry: string },
  release: Release,
  signal: AbortSignal | undefined,
): Promise<number> {
  const blobs = [...graph.configs, ...graph.layers]
  const absent: Digest[] = []
  await forEachConcurrent(blobs, AT_ONCE, signal, async (blob, until) => {
    if (!(await content.exists(blob, { signal: until }))) absent.push(blob.digest)
  })
  if (absent.length === 0) return blobs.length + graph.indexes.length + graph.manifests.length
  const shown = absent.toSorted().slice(0, SHOWN).join(", ")
  const more = absent.length > SHOWN ? ", and more" : ""
  throw missing(fleet, release, `${absent.length} of ${blobs.length} blobs are not there: ${shown}${more}`)
}

function missing(fleet: Fleet & { registry: string }, release: Release, what: string): OperationError {
  const { registry, repository } = fleetRepository(fleet)
  return new OperationError(
    "IMAGES_MISSING",
    `${registry}/${repository} has not all of release ${rawVersion(release)}, which devices of ${fleet.slug} are to run: ${what}`,
    {
      hint: "copy the fleet's repository there first, as oras, crane and skopeo do; --no-check sets the registry all the same",
    },
  )
}
