import { z } from "@hono/zod-openapi"
import { shortText } from "../api/texts.ts"

/** Names a device in the path of a route. */
export const devicePath = z.strictObject({ uuid: shortText })
