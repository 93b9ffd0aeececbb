import { z } from "zod"
import { FLEET_ACTIONS, type FleetEvent } from "../fleet/fleet-event.ts"
import { targetChangeSchema } from "./fleet.ts"
import { fleetSlug, id, orNull, time } from "./texts.ts"

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
