import { createRoute } from "@hono/zod-openapi"
import {
  deviceQuery,
  deviceSchema,
  devicesQuery,
  newDeviceSchema,
  registeredDeviceSchema,
} from "../device.ts"
import { pageOf as pageSchema } from "../page.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"
import { devicePath } from "./paths.ts"

export const listDevices = createRoute({
  method: "get",
  path: "/devices",
  summary: "List devices, in order of registration unless another is asked for",
  request: { query: devicesQuery },
  responses: answers(200, "a page of devices", pageSchema(deviceSchema), 404, 422),
})

export const registerDevice = createRoute({
  method: "post",
  path: "/devices",
  summary: "Register a device",
  request: { body: jsonBody(newDeviceSchema) },
  responses: answers(201, "the device and its key", registeredDeviceSchema, ...withBody(404, 409)),
})

export const showDevice = createRoute({
  method: "get",
  path: "/devices/{uuid}",
  summary: "Show a device",
  request: { params: devicePath, query: deviceQuery },
  responses: answers(200, "the device", deviceSchema, 404, 409, 422),
})

export const removeDevice = createRoute({
  method: "delete",
  path: "/devices/{uuid}",
  summary: "Remove a device; its key is good for nothing from then on",
  request: { params: devicePath, query: deviceQuery },
  responses: answersNothing("it is removed", 404, 409, 412, 422),
})
