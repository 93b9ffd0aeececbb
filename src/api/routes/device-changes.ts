import { createRoute } from "@hono/zod-openapi"
import {
  deviceFleetSchema,
  deviceNameSchema,
  devicePolicySchema,
  deviceQuery,
  deviceSchema,
  deviceTagsSchema,
  newKeySchema,
  registeredDeviceSchema,
} from "../device.ts"
import { answers, jsonBody, withBody } from "./describe-route.ts"
import { devicePath } from "./paths.ts"

export const setDevicePolicy = createRoute({
  method: "put",
  path: "/devices/{uuid}/policy",
  summary: "Pin a device to a release, or let it follow its fleet",
  request: { params: devicePath, query: deviceQuery, body: jsonBody(devicePolicySchema) },
  responses: answers(200, "the device", deviceSchema, ...withBody(404, 409, 412)),
})

export const renameDevice = createRoute({
  method: "put",
  path: "/devices/{uuid}/name",
  summary: "Give a device another name",
  request: { params: devicePath, query: deviceQuery, body: jsonBody(deviceNameSchema) },
  responses: answers(200, "the device", deviceSchema, ...withBody(404, 409, 412)),
})

export const rotateDeviceKey = createRoute({
  method: "post",
  path: "/devices/{uuid}/key",
  summary: "Give a device another key; the one before is good for nothing from then on",
  request: {
    params: devicePath,
    query: deviceQuery,
    body: { required: false, content: { "application/json": { schema: newKeySchema } } },
  },
  responses: answers(200, "the device and its key", registeredDeviceSchema, ...withBody(404, 409, 412)),
})

export const tagDevice = createRoute({
  method: "patch",
  path: "/devices/{uuid}/tags",
  summary: "Set tags of a device, and take some away",
  request: { params: devicePath, query: deviceQuery, body: jsonBody(deviceTagsSchema) },
  responses: answers(200, "the device", deviceSchema, ...withBody(404, 409, 412)),
})

export const moveDevice = createRoute({
  method: "put",
  path: "/devices/{uuid}/fleet",
  summary: "Move a device to another fleet, where it follows that or is pinned",
  request: { params: devicePath, query: deviceQuery, body: jsonBody(deviceFleetSchema) },
  responses: answers(200, "the device", deviceSchema, ...withBody(404, 409, 412)),
})
