import { z } from "zod"
import { CHANGED_PARTS } from "../fleet/change-feed.ts"
import { fleetSlug } from "./texts.ts"

/** The data of one event of `/changes`: what to ask again. */
export const changeSchema = z.union([
  z.object({ fleet: fleetSlug, of: z.array(z.enum(CHANGED_PARTS)) }),
  z.object({ all: z.literal(true) }),
])

export type ChangeData = z.output<typeof changeSchema>
