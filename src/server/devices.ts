import { createRoute, z } from "@hono/zod-openapi"
import { parseCursor } from "../api/cursor.ts"
import {
  changedDevicesSchema,
  deviceFleetSchema,
  deviceNameSchema,
  devicePolicySchema,
  deviceQuery,
  deviceSchema,
  devicesFleetSchema,
  devicesPolicySchema,
  devicesQuery,
  devicesTagsSchema,
  deviceTagsSchema,
  newDeviceSchema,
  registeredDeviceSchema,
  removedDevicesSchema,
  setPolicySchema,
} from "../api/device.ts"
import { pageOf as pageSchema } from "../api/page.ts"
import { shortText } from "../api/texts.ts"
import type { Permission } from "../fleet/access.ts"
import { type Device, parseDeviceUuid } from "../fleet/device.ts"
import { parseTagConditions } from "../fleet/device-tags.ts"
import type { DeviceChangeOptions, DeviceSelection } from "../fleet/fleet-store.ts"
import { newDeviceKey } from "../fleet/secret.ts"
import { organizationOf } from "../fleet/slug.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type RequestContext, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { idCursor, pageOf } from "./cursor.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"
import { answerResource, boundGeneration } from "./etag.ts"
import { viewableDevice, viewableRelease } from "./viewable.ts"

/** Names a device in the path of a route. */
export const devicePath = z.strictObject({ uuid: shortText })

/** 128 bits: nobody's device gets the uuid of another by chance. */
const UUID_BYTES = 16

export function addDeviceRoutes(app: App, site: Site): void {
  const { fleets } = site.home
  addPolicyRoutes(app, site)
  addNameRoutes(app, site)
  addRoutesOfMany(app, site)

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
      const device = await viewableDevice(site, new Access(c), name, "administer")
      await fleets.removeDevices([device.uuid], await changeOfDevice(c, site, device))
      return c.body(null, 204)
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
      const device = await viewableDevice(site, access, name, "deploy")
      const { fleet: text, release } = c.req.valid("json")
      const fleet = access.fleet(text, "deploy")
      if (release !== undefined) await viewableRelease(site, access, release)
      const options = { ...(await changeOfDevice(c, site, device)), pin: release }
      const [moved] = await fleets.moveDevices([device.uuid], fleet, options)
      return answerResource(c, moved)
    },
  )
}

function addPolicyRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(
    app,
    createRoute({
      method: "put",
      path: "/devices/policy",
      summary: "Set the policy of many devices: all get it, or none",
      request: { body: jsonBody(devicesPolicySchema) },
      responses: answers(200, "how many, or the devices", setPolicySchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const access = new Access(c)
      const policy = c.req.valid("json")
      const { selection, options } = await selectDevices(c, site, policy)
      const set = async () => {
        if (policy.policy === "track-fleet") return fleets.trackFleet(selection, options)
        const release = await viewableRelease(site, access, policy.release)
        return fleets.pinDevices(selection, release.id, options)
      }
      const items = await set()
      return c.json({ matched: items.length, ...(!("where" in selection) && { items }) })
    },
  )

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
      const device = await viewableDevice(site, access, name, "deploy")
      const policy = c.req.valid("json")
      const options = await changeOfDevice(c, site, device)
      if (policy.policy === "track-fleet") {
        const [changed] = await fleets.trackFleet([device.uuid], options)
        return answerResource(c, changed)
      }
      const release = await viewableRelease(site, access, policy.release)
      const [changed] = await fleets.pinDevices([device.uuid], release.id, options)
      return answerResource(c, changed)
    },
  )
}

function addNameRoutes(app: App, site: Site): void {
  const { fleets } = site.home

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
      const device = await viewableDevice(site, new Access(c), name, "deploy")
      const options = await changeOfDevice(c, site, device)
      return answerResource(c, await fleets.renameDevice(device.uuid, c.req.valid("json").name, options))
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
      const device = await viewableDevice(site, new Access(c), name, "deploy")
      const options = await changeOfDevice(c, site, device)
      const [changed] = await fleets.tagDevices([device.uuid], c.req.valid("json").tags, options)
      return answerResource(c, changed)
    },
  )
}

/** What is done to many devices is done to all of them, or to none. */
function addRoutesOfMany(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(
    app,
    createRoute({
      method: "patch",
      path: "/devices/tags",
      summary: "Set tags of many devices, and take some away: of all, or of none",
      request: { body: jsonBody(devicesTagsSchema) },
      responses: answers(200, "the devices", changedDevicesSchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const { tags, ...devices } = c.req.valid("json")
      const { uuids, options } = await nameDevices(c, site, devices)
      return c.json({ items: await fleets.tagDevices(uuids, tags, options) })
    },
  )

  addRoute(
    app,
    createRoute({
      method: "put",
      path: "/devices/fleet",
      summary: "Move many devices to another fleet: all, or none",
      request: { body: jsonBody(devicesFleetSchema) },
      responses: answers(200, "the devices", changedDevicesSchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const access = new Access(c)
      const { fleet: text, release, ...devices } = c.req.valid("json")
      const { uuids, options } = await nameDevices(c, site, devices)
      const fleet = access.fleet(text, "deploy")
      if (release !== undefined) await viewableRelease(site, access, release)
      return c.json({ items: await fleets.moveDevices(uuids, fleet, { ...options, pin: release }) })
    },
  )

  addRoute(
    app,
    createRoute({
      method: "post",
      path: "/devices/remove",
      summary: "Remove many devices: all, or none",
      request: { body: jsonBody(removedDevicesSchema) },
      responses: answersNothing("they are removed", ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const { uuids, options } = await nameDevices(c, site, c.req.valid("json"), "administer")
      await fleets.removeDevices(uuids, options)
      return c.body(null, 204)
    },
  )
}

interface NamedDevices {
  uuids: readonly string[]
  organization?: string | undefined
  generation?: number | undefined
}

/** The devices that a request names, each of which its token may do this to; and what the change is recorded with. */
async function nameDevices(
  c: RequestContext,
  site: Site,
  named: NamedDevices,
  permission: Permission = "deploy",
): Promise<{ uuids: string[]; options: DeviceChangeOptions }> {
  const access = new Access(c)
  const uuids = named.uuids.map(parseDeviceUuid)
  const { organization = access.scope() ?? undefined, generation } = named
  for (const uuid of uuids) await viewableDevice(site, access, { uuid, organization }, permission)
  return { uuids, options: { ...changeOf(c, site), organization, generation } }
}

/** The same where they may be all those of a fleet that have some tags. */
async function selectDevices(
  c: RequestContext,
  site: Site,
  { uuids, fleet, where = [], ...named }: z.output<typeof devicesPolicySchema>,
): Promise<{ selection: DeviceSelection; options: DeviceChangeOptions }> {
  if (uuids === undefined && fleet !== undefined) {
    const selection = { fleet: new Access(c).fleet(fleet, "deploy"), where: parseTagConditions(where) }
    return { selection, options: { ...changeOf(c, site), generation: named.generation } }
  }
  const { uuids: selection, options } = await nameDevices(c, site, { uuids: uuids ?? [], ...named })
  return { selection, options }
}

/** What a change of a device is recorded with, and bound to where the request has an `If-Match`. */
async function changeOfDevice(c: RequestContext, site: Site, device: Device): Promise<DeviceChangeOptions> {
  const organization = organizationOf(device.fleet)
  const generation = await boundGeneration(c, `device ${device.uuid}`, async () => device)
  return { ...changeOf(c, site), generation, organization }
}
