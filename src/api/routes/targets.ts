import { createRoute } from "@hono/zod-openapi"
import { deviceQuery, deviceReportSchema, deviceSchema, deviceTargetSchema, targetQuery } from "../device.ts"
import { answers, jsonBody, withBody } from "./describe-route.ts"
import { devicePath } from "./paths.ts"

export const showTarget = createRoute({
  method: "get",
  path: "/devices/{uuid}/target",
  summary: "Show what a device should run",
  request: { params: devicePath, query: targetQuery },
  responses: {
    ...answers(200, "the target, as JSON or as a compose file", deviceTargetSchema, 404, 409, 422),
    304: { description: "nothing is new: see If-None-Match" },
  },
})

export const reportRelease = createRoute({
  method: "put",
  path: "/devices/{uuid}/current",
  summary: "Say what a device runs",
  request: { params: devicePath, query: deviceQuery, body: jsonBody(deviceReportSchema) },
  responses: answers(200, "the device", deviceSchema, ...withBody(404, 409)),
})
