import { z } from "zod"
import { FLEET_ACTIONS, type FleetEvent } from "../fleet/fleet-event.ts"
import type { EventFilter } from "../fleet/list-options.ts"
import { targetChangeSchema } from "./fleet.ts"
import { type PageQuery, pageQuery } from "./page.ts"
import { fleetSlug, id, orNull, plainText, shortText, time } from "./texts.ts"

/** An entry of a fleet's history. */
export const fleetEventSchema = z
  .object({
    id,
    at: time,
    actor: z.string(),
    action: z.enum(FLEET_ACTIONS),
    fleet: fleetSlug,
    release: orNull(z.object({ commit: z.string(), version: z.string() })),
    target: orNull(targetChangeSchema).meta({
      description: "what it did to the fleet's target, where it could",
    }),
    device: z.string().nullable(),
    otherFleet: orNull(fleetSlug),
    values: z
      .array(z.object({ of: z.string(), before: z.string().nullable(), after: z.string().nullable() }))
      .meta({
        description: "what was set: the registry of a fleet, the name of a device, a tag as tags.site",
      }),
  })
  .meta({ id: "FleetEvent" }) satisfies z.ZodType<FleetEvent>

const moment = z.iso.datetime({ offset: true })

export const historyQuery = pageQuery.extend({
  // One of a query is no list.
  action: z.preprocess(
    (value) => (typeof value === "string" ? [value] : value),
    z.array(z.enum(FLEET_ACTIONS)).max(FLEET_ACTIONS.length).optional(),
  ),
  actor: plainText.max(1000).optional().meta({ description: "who did it, whole" }),
  device: plainText.max(1000).optional().meta({ description: "the uuid of the device that it is about" }),
  commit: shortText.optional().meta({
    description: "the commit of the release that it is about, or 7 or more digits of its beginning",
  }),
  since: moment.optional().meta({ description: "done then or later" }),
  until: moment.optional().meta({ description: "done before" }),
  format: z.enum(["json", "csv"]).default("json").meta({
    description: "csv has all that match, not a page (RFC 4180)",
  }),
})

export const eventsQuery = historyQuery.extend({
  organization: plainText.max(1000).optional().meta({ description: "default: all that the token reaches" }),
})

type HistoryQuery = Omit<z.output<typeof historyQuery>, keyof PageQuery | "format">

/** What entries a query asks for. */
export function parseEventFilter({
  action: actions,
  actor,
  device,
  commit,
  since,
  until,
}: HistoryQuery): EventFilter {
  return {
    actions,
    actor,
    device: device?.toLowerCase(),
    commit,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  }
}

/** The same as a query. */
export function printEventFilter({ actions, since, until, ...filter }: EventFilter) {
  return { ...filter, action: actions, since: since?.toISOString(), until: until?.toISOString() }
}
