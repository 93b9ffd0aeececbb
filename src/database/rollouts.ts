import { type Kysely, sql } from "kysely"
import type { Fleet } from "../fleet/fleet.ts"
import type { ReleaseName } from "../fleet/release.ts"
import { type Rollout, type RolloutPart, type Silence, silentBefore } from "../fleet/rollout.ts"
import { partsOf } from "./found-devices.ts"
import { releaseNameColumns, releaseNameOf } from "./release-names.ts"
import type { Schema } from "./schema.ts"

/** The rollouts of fleets, in the order of those. */
export async function readRollouts(
  db: Kysely<Schema>,
  fleets: readonly Fleet[],
  silence: Silence,
): Promise<(Rollout & { fleet: Fleet })[]> {
  const ids = fleets.map(({ id }) => id)
  const [latest, counts] = [await readLatest(db, ids), await countParts(db, ids, silence)]
  return fleets.map((fleet) => ({
    fleet,
    target: fleet.target,
    latest: latest.get(fleet.id) ?? null,
    ...(counts.get(fleet.id) ?? NO_DEVICES),
  }))
}

/** The newest release of each fleet that can be its latest: see `canBeLatest`. */
async function readLatest(
  db: Kysely<Schema>,
  fleetIds: readonly number[],
): Promise<Map<number, ReleaseName>> {
  const rows = await db
    .selectFrom("fleets")
    .innerJoin("releases as latest", (join) =>
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
    .where("fleets.id", "in", [...fleetIds])
    .select(["fleets.id", "fleets.slug"])
    .select(releaseNameColumns("latest"))
    .execute()
  const found = rows.map((row) => [row.id, releaseNameOf(row, "latest", row.slug)] as const)
  return new Map(found.filter((each): each is [number, ReleaseName] => each[1] !== null))
}

type Counts = Omit<Rollout, "target" | "latest">

/** Counts the devices of fleets by their parts; of a fleet without any there is nothing. */
async function countParts(
  db: Kysely<Schema>,
  fleetIds: readonly number[],
  silence: Silence,
): Promise<Map<number, Counts>> {
  const parts = partsOf(silentBefore(silence))
  const count = (part: RolloutPart) => sql<number>`count(*) filter (where ${parts[part]})`
  const rows = await db
    .selectFrom("devices")
    .innerJoin("fleets", "fleets.id", "devices.fleet_id")
    .where("devices.fleet_id", "in", [...fleetIds])
    .groupBy("devices.fleet_id")
    .select(({ fn }) => [
      "devices.fleet_id",
      fn.countAll<number>().as("devices"),
      count("on-target").as("onTarget"),
      count("pinned-elsewhere").as("pinnedElsewhere"),
      count("silent").as("silent"),
    ])
    .execute()
  return new Map(
    rows.map(({ fleet_id, devices, onTarget, pinnedElsewhere, silent }) => [
      fleet_id,
      { devices, onTarget, onTheWay: devices - onTarget - pinnedElsewhere - silent, pinnedElsewhere, silent },
    ]),
  )
}

const NO_DEVICES: Counts = { devices: 0, onTarget: 0, onTheWay: 0, pinnedElsewhere: 0, silent: 0 }
