import type { Kysely } from "kysely"
import type { OperationOptions } from "../content/interfaces.ts"
import { type Change, type ChangedPart, partsChangedBy, REPORTED } from "../fleet/change-feed.ts"
import type { FleetAction } from "../fleet/fleet-event.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { Schema } from "./schema.ts"

/** Entries of the history that are looked through; what is older than those was changed too long ago. */
const MAX_EVENTS = 1000
/** The same in fleets with devices that reported. */
const MAX_FLEETS = 100
/** How much earlier than it was said something may have been done: for a change that took long, by another clock. In milliseconds. */
const MARGIN = 60_000
/** After which nobody is told what exactly was missed, in milliseconds. */
const MAX_AGE = 60 * 60 * 1000

/** See `ChangeFeed.changesSince`. */
export async function changesSince(
  db: Kysely<Schema>,
  since: Date,
  { now, signal }: OperationOptions & { now: Date },
): Promise<Change[]> {
  signal?.throwIfAborted()
  const age = now.getTime() - since.getTime()
  // Of the future: what it was compared with is another database, or another clock.
  if (!(age <= MAX_AGE && age >= -MARGIN)) return [{ kind: "all" }]
  const begin = new Date(since.getTime() - MARGIN).toISOString()
  const events = await db
    .selectFrom("fleet_events")
    .select(["fleet", "action", "at"])
    .orderBy("id", "desc")
    .limit(MAX_EVENTS)
    .execute()
  const recent = events.filter(({ at }) => at >= begin)
  const reports = await db
    .selectFrom("devices")
    .innerJoin("fleets", "fleets.id", "devices.fleet_id")
    .select("slug")
    .distinct()
    .where("reported_at", ">=", begin)
    .limit(MAX_FLEETS)
    .execute()
  if (recent.length === MAX_EVENTS || reports.length === MAX_FLEETS) return [{ kind: "all" }]
  return merged(
    recent,
    reports.map(({ slug }) => slug),
  )
}

/** One change for each fleet. */
export function merged(
  events: readonly { fleet: FleetSlug; action: FleetAction }[],
  reports: readonly FleetSlug[],
): Change[] {
  const parts = new Map<FleetSlug, Set<ChangedPart>>()
  const add = (fleet: FleetSlug, changed: readonly ChangedPart[]) => {
    parts.set(fleet, new Set([...(parts.get(fleet) ?? []), ...changed]))
  }
  for (const { fleet, action } of events) add(fleet, partsChangedBy(action))
  for (const fleet of reports) add(fleet, REPORTED)
  return [...parts].map(([fleet, of]) => ({ kind: "fleet", fleet, of: [...of] }))
}
