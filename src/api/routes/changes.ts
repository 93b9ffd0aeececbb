import { createRoute } from "@hono/zod-openapi"
import { z } from "zod"
import { answersStream } from "./describe-route.ts"

export const watchChanges = createRoute({
  method: "get",
  path: "/changes",
  summary: "Hear what to ask again, as it changes",
  request: {
    headers: z.object({
      "last-event-id": z
        .string()
        .max(100)
        .optional()
        .meta({ description: "where the stream before broke off: what was missed comes first" }),
    }),
  },
  responses: answersStream(
    'server-sent events, at most two a second: `data: {"fleet":"acme/edge","of":["fleet","releases","devices","history"]}`, or `{"all":true}`; a comment every 15 s',
  ),
})
