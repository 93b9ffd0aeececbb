import { createRoute, z } from "@hono/zod-openapi"
import { eventsQuery, fleetEventSchema, historyQuery } from "../event.ts"
import { pageOf as pageSchema } from "../page.ts"
import { describeProblems } from "./describe-route.ts"
import { fleetPath } from "./paths.ts"

const responses = {
  200: {
    description: "a page of the history; as CSV all of it",
    content: {
      "application/json": { schema: pageSchema(fleetEventSchema) },
      "text/csv": { schema: z.string() },
    },
  },
  ...describeProblems([404, 422]),
}

export const listFleetHistory = createRoute({
  method: "get",
  path: "/fleets/{organization}/{name}/history",
  summary: "Show who did what to a fleet, newest first; also to one that was removed",
  request: { params: fleetPath, query: historyQuery },
  responses,
})

export const listEvents = createRoute({
  method: "get",
  path: "/events",
  summary: "Show who did what to all fleets that the token reaches, newest first",
  request: { query: eventsQuery },
  responses,
})
