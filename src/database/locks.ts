import type { Transaction } from "kysely"
import { fleetNotFound, releaseNotFound } from "../fleet/not-found.ts"
import type { FleetPolicy } from "../fleet/policy.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { Schema } from "./schema.ts"

/** A fleet that nobody else changes until the transaction ends, nor its releases and devices. */
export interface LockedFleet {
  id: number
  slug: FleetSlug
  organizationId: number
  registry: string | null
  policy: FleetPolicy
}

/** Finds a fleet and holds it: what depends on its releases, devices and policy is decided one at a time. */
export async function lockFleet(trx: Transaction<Schema>, slug: FleetSlug): Promise<LockedFleet> {
  const fleet = await touchFleets(trx).where("slug", "=", slug).executeTakeFirst()
  if (fleet === undefined) throw fleetNotFound(slug)
  return lockedFleet(fleet)
}

/** The same for the fleet of a release. */
export async function lockFleetOf(trx: Transaction<Schema>, releaseId: number): Promise<LockedFleet> {
  const fleet = await touchFleets(trx)
    .where("id", "=", (query) => query.selectFrom("releases").select("fleet_id").where("id", "=", releaseId))
    .executeTakeFirst()
  if (fleet === undefined) throw releaseNotFound(releaseId)
  return lockedFleet(fleet)
}

/** The same for several, by id; those that are not there are left out. */
export async function lockFleets(
  trx: Transaction<Schema>,
  ids: Iterable<number>,
): Promise<Map<number, LockedFleet>> {
  const fleets = new Map<number, LockedFleet>()
  for (const id of [...new Set(ids)].toSorted((one, two) => one - two)) {
    const fleet = await touchFleets(trx).where("id", "=", id).executeTakeFirst()
    if (fleet !== undefined) fleets.set(id, lockedFleet(fleet))
  }
  return fleets
}

/** An update that changes nothing is a lock of the row in PostgreSQL; SQLite's writers wait for each other anyway. */
function touchFleets(trx: Transaction<Schema>) {
  return trx
    .updateTable("fleets")
    .set((expression) => ({ slug: expression.ref("slug") }))
    .returning([
      "id",
      "slug",
      "organization_id",
      "registry",
      "pinned_release_id",
      "tracked_release_id",
      "generation",
    ])
}

function lockedFleet(row: {
  id: number
  slug: FleetSlug
  organization_id: number
  registry: string | null
  pinned_release_id: number | null
  tracked_release_id: number | null
  generation: number
}): LockedFleet {
  const { id, slug, organization_id: organizationId, registry, generation } = row
  const policy = { pin: row.pinned_release_id, tracked: row.tracked_release_id, generation }
  return { id, slug, organizationId, registry, policy }
}
