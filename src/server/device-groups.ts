import { createRoute, type z } from "@hono/zod-openapi"
import {
  changedDevicesSchema,
  devicesFleetSchema,
  devicesPolicySchema,
  devicesTagsSchema,
  removedDevicesSchema,
  setPolicySchema,
} from "../api/device.ts"
import type { Permission } from "../fleet/access.ts"
import { parseDeviceUuid } from "../fleet/device.ts"
import { parseTagConditions } from "../fleet/device-tags.ts"
import type { DeviceChangeOptions, DeviceSelection } from "../fleet/fleet-store.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type RequestContext, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"
import { viewableDevice, viewableRelease } from "./viewable.ts"

/** What is done to many devices is done to all of them, or to none. */
export function addDeviceGroupRoutes(app: App, site: Site): void {
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
