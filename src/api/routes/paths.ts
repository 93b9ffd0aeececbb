import { z } from "zod"
import { shortText } from "../texts.ts"

/** Names a fleet in the path of a route. */
export const fleetPath = z.strictObject({ organization: shortText, name: shortText })

export const releasePath = z.strictObject({ id: z.coerce.number().int().positive() })

export const devicePath = z.strictObject({ uuid: shortText })
