import type { Kysely } from "kysely"
import type { ReleaseOverview, ReleaseUse } from "../fleet/release-overview.ts"
import { countDevicesOf } from "./device-rows.ts"
import { findLatestId } from "./fleet-policy.ts"
import { inTurns } from "./in-turns.ts"
import { selectSummaries, summaryOf } from "./release-rows.ts"
import type { Schema } from "./schema.ts"

/** Reads releases of a fleet that are there, by their ids and in the order of those, with what they are used for. */
export async function loadOverviews(
  db: Kysely<Schema>,
  fleetId: number,
  ids: readonly number[],
): Promise<ReleaseOverview[]> {
  const overviews: ReleaseOverview[] = []
  for await (const some of inTurns(ids)) {
    const uses = await readUses(db, fleetId, some)
    const tags = await db
      .selectFrom("release_tags")
      .selectAll()
      .where("release_id", "in", some)
      .orderBy("key")
      .execute()
    const tagsOf = Map.groupBy(tags, ({ release_id }) => release_id)
    const rows = await selectSummaries(db).select("note").where("releases.id", "in", some).execute()
    const found = new Map(rows.map((row) => [row.id, row]))
    for (const id of some) {
      const [row, use] = [found.get(id), uses.get(id)]
      if (row === undefined || use === undefined) continue
      const ofRelease = (tagsOf.get(id) ?? []).map(({ key, value }) => [key, value])
      overviews.push({ ...summaryOf(row), note: row.note, tags: Object.fromEntries(ofRelease), use })
    }
  }
  return overviews
}

/** What releases of a fleet are used for, by their ids: few enough for one statement. */
export async function readUses(
  db: Kysely<Schema>,
  fleetId: number,
  ids: readonly number[],
): Promise<Map<number, ReleaseUse>> {
  const fleet = await db
    .selectFrom("fleets")
    .select(["pinned_release_id as pin", "tracked_release_id as tracked"])
    .where("id", "=", fleetId)
    .executeTakeFirst()
  if (fleet === undefined) return new Map()
  const target = fleet.pin ?? fleet.tracked
  const latest = await findLatestId(db, fleetId)
  const pinned = await countDevicesBy(db, "pinned_release_id", ids)
  const current = await countDevicesBy(db, "current_release_id", ids)
  const following = target !== null && ids.includes(target) ? (await countDevicesOf(db, fleetId)).tracking : 0
  return new Map(
    ids.map((id) => {
      const pinnedDevices = pinned.get(id) ?? 0
      const use = {
        isLatest: id === latest,
        isTarget: id === target,
        isFleetPin: id === fleet.pin,
        pinnedDevices,
        currentDevices: current.get(id) ?? 0,
        targetDevices: pinnedDevices + (id === target ? following : 0),
      }
      return [id, use]
    }),
  )
}

async function countDevicesBy(
  db: Kysely<Schema>,
  column: "pinned_release_id" | "current_release_id",
  ids: readonly number[],
): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom("devices")
    .where(column, "in", [...ids])
    .groupBy(column)
    .select(({ fn }) => [`${column} as id` as const, fn.countAll<number>().as("count")])
    .execute()
  return new Map(rows.map(({ id, count }) => [Number(id), count]))
}
