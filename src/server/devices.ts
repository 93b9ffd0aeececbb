import { createRoute } from "@hono/zod-openapi"
import { parseCursor } from "../api/cursor.ts"
import {
  deviceQuery,
  deviceSchema,
  devicesQuery,
  newDeviceSchema,
  registeredDeviceSchema,
} from "../api/device.ts"
import { pageOf as pageSchema } from "../api/page.ts"
import { parseTagConditions } from "../fleet/device-tags.ts"
import { newDeviceKey } from "../fleet/secret.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { idCursor, pageOf } from "./cursor.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"
import { addDeviceChangeRoutes } from "./device-changes.ts"
import { addDeviceGroupRoutes } from "./device-groups.ts"
import { devicePath } from "./device-path.ts"
import { deviceToChange } from "./device-to-change.ts"
import { answerResource } from "./etag.ts"
import { viewableDevice } from "./viewable.ts"

/** 128 bits: nobody's device gets the uuid of another by chance. */
const UUID_BYTES = 16

export function addDeviceRoutes(app: App, site: Site): void {
  const { fleets } = site.home
  addDeviceChangeRoutes(app, site)
  addDeviceGroupRoutes(app, site)

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/devices",
      summary: "List devices, in order of registration",
      request: { query: devicesQuery },
      responses: answers(200, "a page of devices", pageSchema(deviceSchema), 404, 422),
    }),
    async (c) => {
      const access = new Access(c)
      const scope = access.scope()
      const {
        limit,
        cursor,
        fleet,
        organization = scope ?? undefined,
        where,
        ...filter
      } = c.req.valid("query")
      const slug = fleet && access.fleet(fleet, "view")
      if (scope !== null && organization !== scope) return c.json({ items: [], next: null })
      const after = parseCursor(cursor, idCursor)
      const found = await fleets.listDevices(
        { ...filter, fleet: slug, organization, where: where && parseTagConditions(where) },
        { limit: limit + 1, after },
      )
      return c.json(
        pageOf(
          found,
          limit,
          (device) => device.id,
          (device) => device,
        ),
      )
    },
  )

  addRoute(
    app,
    createRoute({
      method: "post",
      path: "/devices",
      summary: "Register a device",
      request: { body: jsonBody(newDeviceSchema) },
      responses: answers(201, "the device and its key", registeredDeviceSchema, ...withBody(404, 409)),
    }),
    async (c) => {
      const { fleet: text, ...given } = c.req.valid("json")
      const fleet = new Access(c).fleet(text, "deploy")
      const { uuid = Buffer.from(site.random(UUID_BYTES)).toString("hex") } = given
      const key = given.key ?? newDeviceKey(site.random)
      const device = await fleets.registerDevice(fleet, { ...given, uuid, key }, changeOf(c, site))
      return c.json({ device, key }, 201)
    },
  )

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/devices/{uuid}",
      summary: "Show a device",
      request: { params: devicePath, query: deviceQuery },
      responses: answers(200, "the device", deviceSchema, 404, 409, 422),
    }),
    async (c) => {
      const name = { ...c.req.valid("param"), ...c.req.valid("query") }
      return answerResource(c, await viewableDevice(site, new Access(c), name))
    },
  )

  addRoute(
    app,
    createRoute({
      method: "delete",
      path: "/devices/{uuid}",
      summary: "Remove a device; its key is good for nothing from then on",
      request: { params: devicePath, query: deviceQuery },
      responses: answersNothing("it is removed", 404, 409, 412, 422),
    }),
    async (c) => {
      const name = { ...c.req.valid("param"), ...c.req.valid("query") }
      const { uuid, options } = await deviceToChange(c, site, name, "administer")
      await fleets.removeDevices([uuid], options)
      return c.body(null, 204)
    },
  )
}
