import type { z } from "@hono/zod-openapi"
import type { devicesPolicySchema } from "../api/device.ts"
import * as routes from "../api/routes/device-groups.ts"
import type { Permission } from "../fleet/access.ts"
import { parseDeviceUuid } from "../fleet/device.ts"
import { parseTagConditions } from "../fleet/device-tags.ts"
import type { DeviceChangeOptions, DeviceSelection } from "../fleet/fleet-store.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type RequestContext, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { viewableDevice, viewableRelease } from "./viewable.ts"

/** What is done to many devices is done to all of them, or to none. */
export function addDeviceGroupRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(app, routes.setDevicesPolicy, async (c) => {
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
  })

  addRoute(app, routes.tagDevices, async (c) => {
    const { tags, ...devices } = c.req.valid("json")
    const { uuids, options } = await nameDevices(c, site, devices)
    return c.json({ items: await fleets.tagDevices(uuids, tags, options) })
  })

  addRoute(app, routes.moveDevices, async (c) => {
    const access = new Access(c)
    const { fleet: text, release, ...devices } = c.req.valid("json")
    const { uuids, options } = await nameDevices(c, site, devices)
    const fleet = access.fleet(text, "deploy")
    if (release !== undefined) await viewableRelease(site, access, release)
    return c.json({ items: await fleets.moveDevices(uuids, fleet, { ...options, pin: release }) })
  })

  addRoute(app, routes.removeDevices, async (c) => {
    const { uuids, options } = await nameDevices(c, site, c.req.valid("json"), "administer")
    await fleets.removeDevices(uuids, options)
    return c.body(null, 204)
  })
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
