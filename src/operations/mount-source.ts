import type { OperationOptions } from "../content/interfaces.ts"
import type { Fleet } from "../fleet/fleet.ts"
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

/**
 * Finds repositories to mount blobs from: those of the same organization's fleets in the same registry, or in a
 * server's own. `undefined` where there are none.
 */
export async function mountSource(
  context: Context,
  fleet: Fleet,
  options: OperationOptions = {},
): Promise<((blob: Descriptor, options: OperationOptions) => Promise<string | undefined>) | undefined> {
  // A home's content store knows by itself what it has.
  if (fleet.registry === null && context.ownRegistry === undefined) return undefined
  const placeOf = ({ slug, registry }: Fleet) =>
    registry === null
      ? { registry: context.ownRegistry, repository: slug }
      : fleetRepository({ slug, registry })
  const { registry } = placeOf(fleet)
  const siblings = new Map<string, Fleet>()
  for (const other of await context.fleets.listFleets(options)) {
    if (other.id === fleet.id) continue
    const place = placeOf(other)
    if (place.registry === registry && organizationOf(other.slug) === organizationOf(fleet.slug))
      siblings.set(place.repository, other)
  }
  if (siblings.size === 0) return undefined
  return async (blob, blobOptions) => {
    for (const [repository, sibling] of siblings) {
      try {
        if (await (await context.contentOf(sibling)).exists(blob, blobOptions)) return repository
      } catch {
        blobOptions.signal?.throwIfAborted()
        // A login for one repository need not be good for its neighbour: sending the blob is always another way.
        siblings.delete(repository)
      }
    }
    return undefined
  }
}
