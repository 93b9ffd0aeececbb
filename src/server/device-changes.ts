import { createRoute } from "@hono/zod-openapi"
import {
  deviceFleetSchema,
  deviceNameSchema,
  devicePolicySchema,
  deviceQuery,
  deviceSchema,
  deviceTagsSchema,
} from "../api/device.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { answers, jsonBody, withBody } from "./describe-route.ts"
import { devicePath } from "./device-path.ts"
import { deviceToChange } from "./device-to-change.ts"
import { answerResource } from "./etag.ts"
import { viewableRelease } from "./viewable.ts"

/** What is done to one device. */
export function addDeviceChangeRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(
    app,
    createRoute({
      method: "put",
      path: "/devices/{uuid}/policy",
      summary: "Pin a device to a release, or let it follow its fleet",
      request: { params: devicePath, query: deviceQuery, body: jsonBody(devicePolicySchema) },
      responses: answers(200, "the device", deviceSchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const access = new Access(c)
      const name = { ...c.req.valid("param"), ...c.req.valid("query") }
      const { uuid, options } = await deviceToChange(c, site, name)
      const policy = c.req.valid("json")
      if (policy.policy === "track-fleet") {
        const [changed] = await fleets.trackFleet([uuid], options)
        return answerResource(c, changed)
      }
      const release = await viewableRelease(site, access, policy.release)
      const [changed] = await fleets.pinDevices([uuid], release.id, options)
      return answerResource(c, changed)
    },
  )

  addRoute(
    app,
    createRoute({
      method: "put",
      path: "/devices/{uuid}/name",
      summary: "Give a device another name",
      request: { params: devicePath, query: deviceQuery, body: jsonBody(deviceNameSchema) },
      responses: answers(200, "the device", deviceSchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const name = { ...c.req.valid("param"), ...c.req.valid("query") }
      const { uuid, options } = await deviceToChange(c, site, name)
      return answerResource(c, await fleets.renameDevice(uuid, c.req.valid("json").name, options))
    },
  )

  addRoute(
    app,
    createRoute({
      method: "patch",
      path: "/devices/{uuid}/tags",
      summary: "Set tags of a device, and take some away",
      request: { params: devicePath, query: deviceQuery, body: jsonBody(deviceTagsSchema) },
      responses: answers(200, "the device", deviceSchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const name = { ...c.req.valid("param"), ...c.req.valid("query") }
      const { uuid, options } = await deviceToChange(c, site, name)
      const [changed] = await fleets.tagDevices([uuid], c.req.valid("json").tags, options)
      return answerResource(c, changed)
    },
  )

  addRoute(
    app,
    createRoute({
      method: "put",
      path: "/devices/{uuid}/fleet",
      summary: "Move a device to another fleet, where it follows that or is pinned",
      request: { params: devicePath, query: deviceQuery, body: jsonBody(deviceFleetSchema) },
      responses: answers(200, "the device", deviceSchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const access = new Access(c)
      const name = { ...c.req.valid("param"), ...c.req.valid("query") }
      const { uuid, options } = await deviceToChange(c, site, name)
      const { fleet: text, release } = c.req.valid("json")
      const fleet = access.fleet(text, "deploy")
      if (release !== undefined) await viewableRelease(site, access, release)
      const [moved] = await fleets.moveDevices([uuid], fleet, { ...options, pin: release })
      return answerResource(c, moved)
    },
  )
}
