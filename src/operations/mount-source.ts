import type { OperationOptions } from "../content/interfaces.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { organizationOf } from "../fleet/slug.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import { parseRegistryPrefix } from "../oci/reference.ts"
import type { Context } from "./context.ts"

/** A fleet's repository in its registry: `<registry>/<org>/<name>`. */
export function fleetRepository(fleet: Fleet & { registry: string }): {
  registry: string
  repository: string
} {
  const { registry, prefix } = parseRegistryPrefix(fleet.registry)
  return { registry, repository: prefix === "" ? fleet.slug : `${prefix}/${fleet.slug}` }
}

/**
 * Finds repositories to mount blobs from: those of the same organization's fleets in the same registry.
 * `undefined` where there are none.
 */
export async function mountSource(
  context: Context,
  fleet: Fleet,
  options: OperationOptions = {},
): Promise<((blob: Descriptor, options: OperationOptions) => Promise<string | undefined>) | undefined> {
  if (fleet.registry === null) return undefined
  const { registry } = fleetRepository({ ...fleet, registry: fleet.registry })
  const siblings = (await context.fleets.listFleets(options)).flatMap((other) => {
    if (other.id === fleet.id || other.registry === null) return []
    const place = fleetRepository({ ...other, registry: other.registry })
    const isSibling = place.registry === registry && organizationOf(other.slug) === organizationOf(fleet.slug)
    return isSibling ? [place.repository] : []
  })
  if (siblings.length === 0) return undefined
  const client = await context.registries()
  return async (blob, blobOptions) => {
    for (const repository of siblings) {
      if (await client.repository(registry, repository).exists(blob, blobOptions)) return repository
    }
    return undefined
  }
}
