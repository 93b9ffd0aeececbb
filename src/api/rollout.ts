import { z } from "zod"
import { ROLLOUT_PARTS, type Rollout, SILENT_AFTER } from "../fleet/rollout.ts"
import { releaseNameSchema } from "./fleet.ts"
import { numberOrText, orNull } from "./texts.ts"

export const rolloutPart = z.enum(ROLLOUT_PARTS)

/** A time span in a query, where numbers are texts: a hundred years at most. */
export const seconds = numberOrText(z.int().min(0).max(3_155_760_000))

export const silentAfter = seconds.optional().meta({
  description: `in seconds: a device that has not reported for longer, or never, is silent; ${SILENT_AFTER} without`,
})

export const rolloutQuery = z.strictObject({ silentAfter })

/** How far the target of a fleet has come. */
export const rolloutSchema = z
  .object({
    target: orNull(releaseNameSchema),
    latest: orNull(releaseNameSchema).meta({
      description: "the newest release that is final, successful and valid, also where the fleet is pinned",
    }),
    devices: z.int().meta({ description: "of the fleet: those of all parts" }),
    onTarget: z.int().meta({ description: "those that run the target" }),
    onTheWay: z.int().meta({ description: "those that do not run it yet" }),
    pinnedElsewhere: z.int().meta({ description: "those with a pin of their own to another release" }),
    silent: z
      .int()
      .meta({ description: "those that have not reported for long, in none of the other parts" }),
  })
  .meta({ id: "Rollout" }) satisfies z.ZodType<Rollout>
