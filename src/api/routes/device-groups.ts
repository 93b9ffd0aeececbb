import { createRoute, z } from "@hono/zod-openapi"
import {
  changedDevicesSchema,
  devicesFleetSchema,
  devicesPolicySchema,
  devicesPreviewQuery,
  devicesPreviewSchema,
  devicesTagsSchema,
  matchedDevicesSchema,
  removedDevicesSchema,
  setPolicySchema,
} from "../device.ts"
import { answers, jsonBody, withBody } from "./describe-route.ts"

const changedSchema = z.union([changedDevicesSchema, matchedDevicesSchema])

export const setDevicesPolicy = createRoute({
  method: "put",
  path: "/devices/policy",
  summary: "Set the policy of many devices: all get it, or none",
  request: { body: jsonBody(devicesPolicySchema) },
  responses: answers(200, "how many, or the devices", setPolicySchema, ...withBody(404, 409, 412)),
})

export const tagDevices = createRoute({
  method: "patch",
  path: "/devices/tags",
  summary: "Set tags of many devices, and take some away: of all, or of none",
  request: { body: jsonBody(devicesTagsSchema) },
  responses: answers(200, "how many, or the devices", changedSchema, ...withBody(404, 409, 412)),
})

export const moveDevices = createRoute({
  method: "put",
  path: "/devices/fleet",
  summary: "Move many devices to another fleet: all, or none",
  request: { body: jsonBody(devicesFleetSchema) },
  responses: answers(200, "how many, or the devices", changedSchema, ...withBody(404, 409, 412)),
})

export const removeDevices = createRoute({
  method: "post",
  path: "/devices/remove",
  summary: "Remove many devices: all, or none",
  request: { body: jsonBody(removedDevicesSchema) },
  responses: {
    ...answers(200, "how many of a filter are removed", matchedDevicesSchema, ...withBody(404, 409, 412)),
    204: { description: "those that were named are removed" },
  },
})

export const previewDevices = createRoute({
  method: "post",
  path: "/devices/preview",
  summary: "Say what many devices would run after a change of their policy or fleet; nothing is changed",
  request: { body: jsonBody(devicesPreviewQuery) },
  responses: answers(200, "what they would run", devicesPreviewSchema, ...withBody(404, 409, 412)),
})
