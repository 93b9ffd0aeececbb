import type { DeviceOptions } from "../fleet/fleet-store.ts"
import type { FleetSlug } from "../fleet/slug.ts"

// Ids and names come from people: what they hold must not become another path.

export function fleetPath(slug: FleetSlug): string {
  return `fleets/${slug.split("/").map(encodeURIComponent).join("/")}`
}

export function releasePath(id: number): string {
  return `releases/${encodeURIComponent(id)}`
}

/** Of a device, or of a part of it. */
export function devicePath(uuid: string, { organization }: DeviceOptions = {}, part = ""): string {
  const query = organization === undefined ? "" : `?organization=${encodeURIComponent(organization)}`
  return `devices/${encodeURIComponent(uuid)}${part}${query}`
}
