import { z } from "zod"
import type { FleetOverview } from "../fleet/fleet-overview.ts"
import { fleetEventSchema } from "./event.ts"
import { fleetSchema, fleetsQuery } from "./fleet.ts"
import { rolloutSchema, silentAfter } from "./rollout.ts"
import { orNull } from "./texts.ts"

export const fleetOverviewsQuery = fleetsQuery.extend({ silentAfter })

/** A fleet with how far its target has come, and what was done last. */
export const fleetOverviewSchema = z
  .object({ fleet: fleetSchema, rollout: rolloutSchema, lastEvent: orNull(fleetEventSchema) })
  .meta({ id: "FleetOverview" }) satisfies z.ZodType<FleetOverview>
