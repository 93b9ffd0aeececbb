import type { ExpressionBuilder, Kysely } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Fleet } from "../fleet/fleet.ts"
import type { FleetFilter, FleetPageOptions } from "../fleet/list-options.ts"
import { fleetNotFound } from "../fleet/not-found.ts"
import { targetOfFleet } from "../fleet/policy.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { contains } from "./like.ts"
import { isOfOrganization } from "./organization-slugs.ts"
import { cut } from "./page.ts"
import { releaseNameColumns, releaseNameOf } from "./release-names.ts"
import type { Schema } from "./schema.ts"

/** Selects the rows that `fleetOf` reads. */
function selectFleets(db: Kysely<Schema>) {
  return db
    .selectFrom("fleets")
    .leftJoin("releases as pin", "pin.id", "fleets.pinned_release_id")
    .leftJoin("releases as tracked", "tracked.id", "fleets.tracked_release_id")
    .select([
      "fleets.id",
      "fleets.slug",
      "fleets.class",
      "fleets.registry",
      "fleets.is_public",
      "fleets.created_at",
      "fleets.generation",
    ])
    .select(releaseNameColumns("pin"))
    .select(releaseNameColumns("tracked"))
}

/** For `where`: the fleets that a filter lets through. */
export function matchingFleets({ organization, search, class: wanted }: FleetFilter) {
  return (of: ExpressionBuilder<Schema, "fleets">) => {
    const conditions = []
    if (organization !== undefined) conditions.push(isOfOrganization("fleets.slug", organization))
    if (search !== undefined) conditions.push(contains("fleets.slug", search))
    if (wanted !== undefined) conditions.push(of("fleets.class", "=", wanted))
    return of.and(conditions)
  }
}

type FleetRow = Awaited<ReturnType<ReturnType<typeof selectFleets>["executeTakeFirstOrThrow"]>>

function fleetOf(row: FleetRow): Fleet {
  const pin = releaseNameOf(row, "pin", row.slug)
  const tracked = releaseNameOf(row, "tracked", row.slug)
  return {
    id: row.id,
    slug: row.slug,
    class: row.class,
    registry: row.registry,
    isPublic: row.is_public === 1,
    createdAt: row.created_at,
    pin,
    target: targetOfFleet({ pin, tracked }),
    generation: row.generation,
  }
}

export async function listFleets(
  db: Kysely<Schema>,
  { after, sort = "slug", limit, offset, signal, ...filter }: FleetPageOptions = {},
): Promise<Fleet[]> {
  signal?.throwIfAborted()
  let query = selectFleets(db)
    .where(matchingFleets(filter))
    .orderBy("fleets.slug", sort === "slug" ? "asc" : "desc")
  if (after !== undefined) query = query.where("fleets.slug", ">", after)
  return (await cut(query, { limit, offset }).execute()).map(fleetOf)
}

/** Throws `FLEET_NOT_FOUND`. */
export async function loadFleet(
  db: Kysely<Schema>,
  slug: FleetSlug,
  options: OperationOptions = {},
): Promise<Fleet> {
  options.signal?.throwIfAborted()
  const row = await selectFleets(db).where("fleets.slug", "=", slug).executeTakeFirst(options)
  if (row === undefined) throw fleetNotFound(slug)
  return fleetOf(row)
}

/** Throws `FLEET_NOT_FOUND`. */
export async function findFleetId(
  db: Kysely<Schema>,
  slug: FleetSlug,
  options: OperationOptions = {},
): Promise<number> {
  options.signal?.throwIfAborted()
  const row = await db.selectFrom("fleets").select("id").where("slug", "=", slug).executeTakeFirst(options)
  if (row === undefined) throw fleetNotFound(slug)
  return row.id
}
