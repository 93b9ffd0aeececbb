import { changedTargets, type DevicesRequest, parseDeviceFilter } from "../api/device.ts"
import * as routes from "../api/routes/device-groups.ts"
import type { Permission } from "../fleet/access.ts"
import { parseDeviceUuid } from "../fleet/device.ts"
import type { DevicesChange, FleetDevices } from "../fleet/device-group.ts"
import type { ChangeDevicesOptions, DeviceChangeOptions } from "../fleet/fleet-store.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type RequestContext, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { viewableDevice, viewableRelease } from "./viewable.ts"

/** What is done to many devices is done to all of them, or to none. */
export function addDeviceGroupRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(app, routes.setDevicesPolicy, async (c) => {
    const access = new Access(c)
    const { fleet, where, ...policy } = c.req.valid("json")
    const devices = fleet === undefined ? policy.devices : { fleet, where }
    const selected = await selectDevices(c, site, { ...policy, devices })
    if (policy.policy === "pinned") await viewableRelease(site, access, policy.release)
    const change = changedTargets(policy)
    if ("group" in selected) return c.json(await changeGroup(site, selected, change))
    const { uuids, options } = selected
    const items =
      policy.policy === "pinned"
        ? await fleets.pinDevices(uuids, policy.release, options)
        : await fleets.trackFleet(uuids, options)
    return c.json({ matched: items.length, items })
  })

  addRoute(app, routes.tagDevices, async (c) => {
    const { tags, ...devices } = c.req.valid("json")
    const selected = await selectDevices(c, site, devices)
    if ("group" in selected) return c.json(await changeGroup(site, selected, { change: "tag", tags }))
    return c.json({ items: await fleets.tagDevices(selected.uuids, tags, selected.options) })
  })

  addRoute(app, routes.moveDevices, async (c) => {
    const access = new Access(c)
    const { fleet: text, release, ...devices } = c.req.valid("json")
    const selected = await selectDevices(c, site, devices)
    const fleet = access.fleet(text, "deploy")
    if (release !== undefined) await viewableRelease(site, access, release)
    if ("group" in selected)
      return c.json(await changeGroup(site, selected, { change: "move", fleet, pin: release }))
    const { uuids, options } = selected
    return c.json({ items: await fleets.moveDevices(uuids, fleet, { ...options, pin: release }) })
  })

  addRoute(app, routes.removeDevices, async (c) => {
    const selected = await selectDevices(c, site, c.req.valid("json"), "administer")
    if ("group" in selected) return c.json(await changeGroup(site, selected, { change: "remove" }))
    await fleets.removeDevices(selected.uuids, selected.options)
    return c.body(null, 204)
  })

  addRoute(app, routes.previewDevices, async (c) => {
    const access = new Access(c)
    const body = c.req.valid("json")
    const selected = await selectDevices(c, site, body)
    if ("release" in body && body.release !== undefined) await viewableRelease(site, access, body.release)
    if ("fleet" in body) access.fleet(body.fleet, "deploy")
    const change = changedTargets(body)
    if ("group" in selected) return c.json(await fleets.previewDevices(selected.group, change))
    const { organization } = selected.options
    return c.json(await fleets.previewDevices(selected.uuids, change, { organization }))
  })
}

type Selected =
  | { uuids: string[]; options: DeviceChangeOptions }
  | { group: FleetDevices; options: ChangeDevicesOptions }

/** The devices that a request means, each of which its token may do this to; and what the change is recorded with. */
async function selectDevices(
  c: RequestContext,
  site: Site,
  { devices, expected, generation, ...named }: DevicesRequest,
  permission: Permission = "deploy",
): Promise<Selected> {
  const access = new Access(c)
  const change = { ...changeOf(c, site), generation }
  if (devices !== undefined) {
    const fleet = access.fleet(devices.fleet, permission)
    const group = { ...parseDeviceFilter(devices, change.now), fleet }
    return { group, options: { ...change, expected } }
  }
  const uuids = (named.uuids ?? []).map(parseDeviceUuid)
  const { organization = access.scope() ?? undefined } = named
  for (const uuid of uuids) await viewableDevice(site, access, { uuid, organization }, permission)
  return { uuids, options: { ...change, organization } }
}

function changeGroup(
  site: Site,
  { group, options }: Extract<Selected, { group: unknown }>,
  change: DevicesChange,
) {
  return site.home.fleets.changeDevices(group, change, options)
}
