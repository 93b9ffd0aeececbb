import { setImmediate } from "node:timers/promises"
import type { Kysely, Transaction } from "kysely"
import { checkNewFleet } from "../fleet/fleet.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { FleetOverview } from "../fleet/fleet-overview.ts"
import type { FleetStore } from "../fleet/fleet-store.ts"
import { fleetHasNoRegistry } from "../fleet/not-found.ts"
import { afterSetting, checkGeneration } from "../fleet/policy.ts"
import { organizationOf } from "../fleet/slug.ts"
import { addEvents, listEvents, newestEvents, totalEvents } from "./events.ts"
import { listFleets, loadFleet, matchingFleets } from "./fleet-rows.ts"
import { inTurns } from "./in-turns.ts"
import { lockFleet } from "./locks.ts"
import { readRollouts } from "./rollouts.ts"
import type { Schema } from "./schema.ts"
import { inTransaction } from "./transaction.ts"

type Fleets = Pick<
  FleetStore,
  | "createFleet"
  | "getFleet"
  | "listFleets"
  | "listFleetOverviews"
  | "setPublic"
  | "setRegistry"
  | "removeFleet"
  | "listEvents"
  | "totalEvents"
  | "totalFleets"
>

/** Rows that are deleted at once. */
const PART = 500

export function sqlFleets(db: Kysely<Schema>): Fleets {
  return {
    async createFleet(fleet, options) {
      checkNewFleet(fleet)
      const { slug } = fleet
      const name = organizationOf(slug)
      const created_at = options.now.toISOString()
      return inTransaction(db, options.signal, async (trx) => {
        await trx
          .insertInto("organizations")
          .values({ name, created_at })
          .onConflict((conflict) => conflict.column("name").doNothing())
          .execute()
        const organization = await trx
          .selectFrom("organizations")
          .select("id")
          .where("name", "=", name)
          .executeTakeFirstOrThrow()
        const created = await trx
          .insertInto("fleets")
          .values({
            organization_id: organization.id,
            slug,
            class: fleet.class ?? "fleet",
            registry: fleet.registry ?? null,
            is_public: fleet.isPublic ? 1 : 0,
            created_at,
          })
          .onConflict((conflict) => conflict.column("slug").doNothing())
          .returning("id")
          .executeTakeFirst()
        if (created === undefined) {
          throw new FleetError("FLEET_EXISTS", `there is a fleet ${slug} already`, {
            hint: "use it as it is, or choose another name",
          })
        }
        await addEvents(trx, options, { action: "fleet.create", fleet: slug })
        if (fleet.isPublic) await addEvents(trx, options, { action: "fleet.publish", fleet: slug })
        return loadFleet(trx, slug)
      })
    },

    getFleet: (slug, options) => loadFleet(db, slug, options),

    listFleets: (options) => listFleets(db, options),

    async listFleetOverviews({ silentAfter, now, ...options }) {
      const overviews: FleetOverview[] = []
      for await (const fleets of inTurns(await listFleets(db, options))) {
        const events = await newestEvents(db, fleets)
        for (const { fleet, ...rollout } of await readRollouts(db, fleets, { silentAfter, now })) {
          overviews.push({ fleet, rollout, lastEvent: events.get(fleet.slug) ?? null })
        }
      }
      return overviews
    },

    async totalFleets({ signal, ...filter } = {}) {
      signal?.throwIfAborted()
      const { total } = await db
        .selectFrom("fleets")
        .where(matchingFleets(filter))
        .select(({ fn }) => fn.countAll<number>().as("total"))
        .executeTakeFirstOrThrow()
      return Number(total)
    },

    async setPublic(slug, isPublic, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const { id, policy } = await lockFleet(trx, slug)
        checkGeneration(slug, policy.generation, options.generation)
        const fleet = await loadFleet(trx, slug)
        if (fleet.isPublic === isPublic) return fleet
        const { generation } = afterSetting(policy)
        await trx
          .updateTable("fleets")
          .set({ is_public: isPublic ? 1 : 0, generation })
          .where("id", "=", id)
          .execute()
        await addEvents(trx, options, { action: isPublic ? "fleet.publish" : "fleet.unpublish", fleet: slug })
        return { ...fleet, isPublic, generation }
      })
    },

    async setRegistry(slug, registry, options) {
      checkNewFleet({ slug, registry })
      return inTransaction(db, options.signal, async (trx) => {
        const { id, policy } = await lockFleet(trx, slug)
        checkGeneration(slug, policy.generation, options.generation)
        const fleet = await loadFleet(trx, slug)
        if (fleet.registry === null) throw fleetHasNoRegistry(slug)
        if (fleet.registry === registry) return fleet
        const { generation } = afterSetting(policy)
        await trx.updateTable("fleets").set({ registry, generation }).where("id", "=", id).execute()
        const values = [{ of: "registry", before: fleet.registry, after: registry }]
        await addEvents(trx, options, { action: "fleet.set-registry", fleet: slug, values })
        return { ...fleet, registry, generation }
      })
    },

    async removeFleet(slug, options) {
      await inTransaction(db, options.signal, async (trx) => {
        const { id, policy } = await lockFleet(trx, slug)
        checkGeneration(slug, policy.generation, options.generation)
        const count = async (table: "releases" | "devices") => {
          const found = await trx
            .selectFrom(table)
            .select((expression) => expression.fn.countAll<number>().as("count"))
            .where("fleet_id", "=", id)
            .executeTakeFirstOrThrow()
          return found.count
        }
        const releases = options.withReleases ? 0 : await count("releases")
        if (releases > 0) {
          throw new FleetError(
            "FLEET_HAS_RELEASES",
            `${slug} has ${releases} ${releases === 1 ? "release" : "releases"}`,
            { hint: "remove them first, or have them removed with it" },
          )
        }
        const devices = options.withDevices ? 0 : await count("devices")
        if (devices > 0) {
          throw new FleetError(
            "FLEET_HAS_DEVICES",
            `${slug} has ${devices} ${devices === 1 ? "device" : "devices"}`,
            { hint: "move them to another fleet first, or have them removed with it" },
          )
        }
        // To delete very many, only to have them again, would keep others waiting: nothing behind this is refused.
        if (options.preview) return
        const unset = { pinned_release_id: null, tracked_release_id: null }
        await trx.updateTable("fleets").set(unset).where("id", "=", id).execute()
        await deleteAll(trx, "devices", id)
        await deleteAll(trx, "releases", id)
        await trx.deleteFrom("fleets").where("id", "=", id).execute()
        await addEvents(trx, options, { action: "fleet.remove", fleet: slug })
      })
    },

    listEvents: (of, options) => listEvents(db, of, options),

    totalEvents: (of, options) => totalEvents(db, of, options),
  }
}

/**
 * Deletes a fleet's rows part by part, and lets the event loop go round between: SQLite deletes a hundred thousand
 * devices in a few seconds, in which a server would answer nobody.
 */
async function deleteAll(
  trx: Transaction<Schema>,
  table: "releases" | "devices",
  fleetId: number,
): Promise<void> {
  for (let count = PART; count === PART; await setImmediate()) {
    const { numDeletedRows } = await trx
      .deleteFrom(table)
      .where("id", "in", (of) =>
        of.selectFrom(table).select("id").where("fleet_id", "=", fleetId).limit(PART),
      )
      .executeTakeFirstOrThrow()
    count = Number(numDeletedRows)
  }
}
