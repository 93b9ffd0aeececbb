import { createRoute } from "@hono/zod-openapi"
import {
  changedFleetSchema,
  deviceCountsSchema,
  fleetChangeSchema,
  fleetPolicySchema,
  fleetRegistrySchema,
  fleetSchema,
  fleetsQuery,
  newFleetSchema,
  removeFleetQuery,
} from "../fleet.ts"
import { fleetOverviewSchema, fleetOverviewsQuery } from "../fleet-overview.ts"
import { pageOf as pageSchema } from "../page.ts"
import { previewQuery } from "../preview.ts"
import { rolloutQuery, rolloutSchema } from "../rollout.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"
import { fleetPath } from "./paths.ts"

export const listFleets = createRoute({
  method: "get",
  path: "/fleets",
  summary: "List fleets, in order of slug unless another is asked for",
  request: { query: fleetsQuery },
  responses: answers(200, "a page of fleets", pageSchema(fleetSchema)),
})

export const listFleetOverviews = createRoute({
  method: "get",
  path: "/fleet-overviews",
  summary: "List fleets, each with how far its target has come, and what was done last",
  request: { query: fleetOverviewsQuery },
  responses: answers(200, "a page of fleets", pageSchema(fleetOverviewSchema)),
})

export const createFleet = createRoute({
  method: "post",
  path: "/fleets",
  summary: "Create a fleet, and its organization when that is missing",
  request: { body: jsonBody(newFleetSchema) },
  responses: answers(201, "the fleet", fleetSchema, ...withBody(404, 409)),
})

export const showFleet = createRoute({
  method: "get",
  path: "/fleets/{organization}/{name}",
  summary: "Show a fleet",
  request: { params: fleetPath },
  responses: answers(200, "the fleet", fleetSchema, 404, 422),
})

export const changeFleet = createRoute({
  method: "patch",
  path: "/fleets/{organization}/{name}",
  summary: "Mark a fleet public, or take that back",
  request: { params: fleetPath, body: jsonBody(fleetChangeSchema) },
  responses: answers(200, "the fleet", fleetSchema, ...withBody(404, 412)),
})

export const setFleetRegistry = createRoute({
  method: "put",
  path: "/fleets/{organization}/{name}/registry",
  summary: "Say where a fleet keeps its images from now on; they have to be there already",
  request: { params: fleetPath, body: jsonBody(fleetRegistrySchema) },
  responses: answers(200, "the fleet", fleetSchema, ...withBody(404, 409, 412)),
})

export const removeFleet = createRoute({
  method: "delete",
  path: "/fleets/{organization}/{name}",
  summary: "Remove a fleet",
  request: { params: fleetPath, query: removeFleetQuery },
  responses: answersNothing("it is removed, or would be", 404, 409, 412, 422),
})

export const setFleetPolicy = createRoute({
  method: "put",
  path: "/fleets/{organization}/{name}/policy",
  summary: "Pin a fleet to a release, or let it track its latest",
  request: { params: fleetPath, query: previewQuery, body: jsonBody(fleetPolicySchema) },
  responses: answers(200, "the fleet", changedFleetSchema, ...withBody(404, 412)),
})

export const countFleetDevices = createRoute({
  method: "get",
  path: "/fleets/{organization}/{name}/device-counts",
  summary: "Count the devices of a fleet by their policy",
  request: { params: fleetPath },
  responses: answers(200, "numbers of devices", deviceCountsSchema, 404, 422),
})

export const showRollout = createRoute({
  method: "get",
  path: "/fleets/{organization}/{name}/rollout",
  summary: "Show how far the target of a fleet has come",
  request: { params: fleetPath, query: rolloutQuery },
  responses: answers(200, "numbers of devices by where they are", rolloutSchema, 404, 422),
})
