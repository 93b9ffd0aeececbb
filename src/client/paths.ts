import type { FleetSlug } from "../fleet/slug.ts"

// Ids and names come from people: what they hold must not become another path.

export function fleetPath(slug: FleetSlug): string {
  return `fleets/${slug.split("/").map(encodeURIComponent).join("/")}`
}

export function releasePath(id: number): string {
  return `releases/${encodeURIComponent(id)}`
}

export function devicePath(uuid: string): string {
  return `devices/${encodeURIComponent(uuid)}`
}
