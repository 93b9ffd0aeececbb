import { createRoute } from "@hono/zod-openapi"
import {
  changedDevicesSchema,
  devicesFleetSchema,
  devicesPolicySchema,
  devicesTagsSchema,
  removedDevicesSchema,
  setPolicySchema,
} from "../device.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"

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
  responses: answers(200, "the devices", changedDevicesSchema, ...withBody(404, 409, 412)),
})

export const moveDevices = createRoute({
  method: "put",
  path: "/devices/fleet",
  summary: "Move many devices to another fleet: all, or none",
  request: { body: jsonBody(devicesFleetSchema) },
  responses: answers(200, "the devices", changedDevicesSchema, ...withBody(404, 409, 412)),
})

export const removeDevices = createRoute({
  method: "post",
  path: "/devices/remove",
  summary: "Remove many devices: all, or none",
  request: { body: jsonBody(removedDevicesSchema) },
  responses: answersNothing("they are removed", ...withBody(404, 409, 412)),
})
