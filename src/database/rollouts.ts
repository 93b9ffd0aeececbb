import { type Kysely, sql } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import { fleetNotFound } from "../fleet/not-found.ts"
import { type Rollout, type RolloutPart, type Silence, silentBefore } from "../fleet/rollout.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { fleetOf, selectFleets } from "./fleet-rows.ts"
import { partOf } from "./found-devices.ts"
import { releaseNameColumns, releaseNameOf } from "./release-names.ts"
import type { Schema } from "./schema.ts"

/** Throws `FLEET_NOT_FOUND`. */
export async function readRollout(
  db: Kysely<Schema>,
  slug: FleetSlug,
  { signal, ...silence }: OperationOptions & Silence,
): Promise<Rollout> {
  signal?.throwIfAborted()
  const row = await selectWithLatest(db).where("fleets.slug", "=", slug).executeTakeFirst({ signal })
  if (row === undefined) throw fleetNotFound(slug)
  const counts = await countParts(db, [row.id], silence)
  return rolloutOf(row, counts.get(row.id))
}

function selectWithLatest(db: Kysely<Schema>) {
  return selectFleets(db)
    .leftJoin("releases as latest", (join) =>
      join.on("latest.id", "=", (of) =>
        of
          .selectFrom("releases as newest")
          .select("newest.id")
          .whereRef("newest.fleet_id", "=", "fleets.id")
          .where("newest.status", "=", "success")
          .where("newest.revision", "is not", null)
          .where("newest.invalidated_at", "is", null)
          .orderBy("newest.id", "desc")
          .limit(1),
      ),
    )
    .select(releaseNameColumns("latest"))
}

type RolloutRow = Awaited<ReturnType<ReturnType<typeof selectWithLatest>["executeTakeFirstOrThrow"]>>

type Parts = Partial<Record<RolloutPart, number>>

/** Counts the devices of fleets by their parts, fleet by fleet. */
async function countParts(
  db: Kysely<Schema>,
  fleetIds: readonly number[],
  silence: Silence,
): Promise<Map<number, Parts>> {
  const rows = await db
    .selectFrom("devices")
    .innerJoin("fleets", "fleets.id", "devices.fleet_id")
    .where("devices.fleet_id", "in", [...fleetIds])
    .select(({ fn }) => [
      "devices.fleet_id",
      partOf(silentBefore(silence)).as("part"),
      fn.countAll<number>().as("count"),
    ])
    .groupBy(["devices.fleet_id", sql`2`])
    .execute()
  const counts = new Map<number, Parts>()
  for (const { fleet_id, part, count } of rows) {
    counts.set(fleet_id, { ...counts.get(fleet_id), [part]: Number(count) })
  }
  return counts
}

function rolloutOf(row: RolloutRow, parts: Parts = {}): Rollout {
  const counts = {
    onTarget: parts["on-target"] ?? 0,
    onTheWay: parts["on-the-way"] ?? 0,
    pinnedElsewhere: parts["pinned-elsewhere"] ?? 0,
    silent: parts.silent ?? 0,
  }
  const { onTarget, onTheWay, pinnedElsewhere, silent } = counts
  const devices = onTarget + onTheWay + pinnedElsewhere + silent
  return { target: fleetOf(row).target, latest: releaseNameOf(row, "latest", row.slug), devices, ...counts }
}
