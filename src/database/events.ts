import type { Kysely, Selectable, Transaction } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import type { FleetAction, FleetEvent, ValueChange } from "../fleet/fleet-event.ts"
import type { ChangeOptions } from "../fleet/fleet-store.ts"
import type { EventFilter, EventPageOptions, EventScope } from "../fleet/list-options.ts"
import type { ReleaseSummary } from "../fleet/release.ts"
import { type FleetSlug, organizationOf } from "../fleet/slug.ts"
import type { TargetChange } from "../fleet/target-change.ts"
import { rawVersion } from "../fleet/version.ts"
import { findFleetId } from "./fleet-rows.ts"
import { inTurns } from "./in-turns.ts"
import { matchingEvents } from "./matching-events.ts"
import { cut } from "./page.ts"
import type { EventTable, Schema } from "./schema.ts"

export interface NewEvent {
  action: FleetAction
  fleet: FleetSlug
  release?: Pick<ReleaseSummary, "commit" | "version" | "revision" | "createdAt"> | undefined
  device?: string | undefined
  otherFleet?: FleetSlug | undefined
  target?: TargetChange | undefined
  values?: readonly ValueChange[] | undefined
}

/** Writes what was done into the history, in the transaction that does it. */
export async function addEvents(
  trx: Transaction<Schema>,
  { now, actor }: Pick<ChangeOptions, "now" | "actor">,
  ...events: readonly NewEvent[]
): Promise<void> {
  for await (const some of inTurns(events)) {
    const rows = some.map((event) => ({
      at: now.toISOString(),
      actor,
      action: event.action,
      fleet: event.fleet,
      organization: organizationOf(event.fleet),
      release_commit: event.release?.commit ?? null,
      release_version: event.release === undefined ? null : rawVersion(event.release),
      device: event.device ?? null,
      other_fleet: event.otherFleet ?? null,
      target: event.target === undefined ? null : JSON.stringify(event.target),
      value_changes: event.values === undefined ? null : JSON.stringify(event.values),
    }))
    await trx.insertInto("fleet_events").values(rows).execute()
  }
}

export async function listEvents(
  db: Kysely<Schema>,
  of: EventScope,
  { before, limit, offset, signal, ...filter }: EventPageOptions = {},
): Promise<FleetEvent[]> {
  signal?.throwIfAborted()
  let query = db
    .selectFrom("fleet_events")
    .selectAll()
    .where(matchingEvents(of, filter))
    .orderBy("id", "desc")
  if (before !== undefined) query = query.where("id", "<", before)
  const rows = await cut(query, { limit, offset }).execute()
  if (rows.length === 0 && typeof of === "string") await checkHistory(db, of)
  return rows.map(eventOf)
}

/** The newest entry of the history of each of these fleets. */
export async function newestEvents(
  db: Kysely<Schema>,
  fleets: readonly { id: number }[],
): Promise<Map<FleetSlug, FleetEvent>> {
  const newest = db
    .selectFrom("fleets")
    .where(
      "fleets.id",
      "in",
      fleets.map(({ id }) => id),
    )
    .select((of) =>
      of
        .selectFrom("fleet_events as event")
        .select("event.id")
        .whereRef("event.fleet", "=", "fleets.slug")
        .orderBy("event.id", "desc")
        .limit(1)
        .as("id"),
    )
  const rows = await db.selectFrom("fleet_events").selectAll().where("id", "in", newest).execute()
  return new Map(rows.map((row) => [row.fleet, eventOf(row)]))
}

function eventOf(row: Selectable<EventTable>): FleetEvent {
  const { release_commit: commit, release_version: version, other_fleet, target, value_changes } = row
  const { id, at, actor, action, fleet, device } = row
  return {
    id,
    at,
    actor,
    action,
    fleet,
    device,
    target: target === null ? null : (JSON.parse(target) as TargetChange),
    release: commit === null || version === null ? null : { commit, version },
    otherFleet: isNextTo(fleet, other_fleet) ? other_fleet : null,
    values: value_changes === null ? [] : (JSON.parse(value_changes) as ValueChange[]),
  }
}

export async function totalEvents(
  db: Kysely<Schema>,
  of: EventScope,
  { signal, ...filter }: EventFilter & OperationOptions = {},
): Promise<number> {
  signal?.throwIfAborted()
  const row = await db
    .selectFrom("fleet_events")
    .where(matchingEvents(of, filter))
    .select(({ fn }) => fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow()
  const total = Number(row.total)
  if (total === 0 && typeof of === "string") await checkHistory(db, of)
  return total
}

/** What the recording of a release did to its fleet's target, where that is known. */
export async function findRecordedTarget(
  trx: Transaction<Schema>,
  { fleet, commit }: Pick<ReleaseSummary, "fleet" | "commit">,
): Promise<TargetChange | undefined> {
  const row = await trx
    .selectFrom("fleet_events")
    .select("target")
    .where("fleet", "=", fleet)
    .where("action", "in", ["release.create", "release.import"])
    .where("release_commit", "=", commit)
    .orderBy("id", "desc")
    .executeTakeFirst()
  return row?.target == null ? undefined : (JSON.parse(row.target) as TargetChange)
}

/** Whoever may read the history of one may not learn the names that another organization has. */
function isNextTo(fleet: FleetSlug, other: FleetSlug | null): boolean {
  return other !== null && organizationOf(other) === organizationOf(fleet)
}

/** Throws `FLEET_NOT_FOUND` for a fleet that neither is there nor was. */
async function checkHistory(db: Kysely<Schema>, fleet: FleetSlug): Promise<void> {
  const entries = db.selectFrom("fleet_events").select("id").where("fleet", "=", fleet)
  const any = await entries.limit(1).executeTakeFirst()
  if (any === undefined) await findFleetId(db, fleet)
}
