import { parseCursor } from "../api/cursor.ts"
import * as routes from "../api/routes/devices.ts"
import { parseTagConditions } from "../fleet/device-tags.ts"
import { newDeviceKey } from "../fleet/secret.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { idCursor, pageOf } from "./cursor.ts"
import { addDeviceChangeRoutes } from "./device-changes.ts"
import { addDeviceGroupRoutes } from "./device-groups.ts"
import { deviceToChange } from "./device-to-change.ts"
import { answerResource } from "./etag.ts"
import { viewableDevice } from "./viewable.ts"

/** 128 bits: nobody's device gets the uuid of another by chance. */
const UUID_BYTES = 16

export function addDeviceRoutes(app: App, site: Site): void {
  const { fleets } = site.home
  addDeviceChangeRoutes(app, site)
  addDeviceGroupRoutes(app, site)

  addRoute(app, routes.listDevices, async (c) => {
    const access = new Access(c)
    const scope = access.scope()
    const { limit, cursor, fleet, organization = scope ?? undefined, where, ...filter } = c.req.valid("query")
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
  })

  addRoute(app, routes.registerDevice, async (c) => {
    const { fleet: text, ...given } = c.req.valid("json")
    const fleet = new Access(c).fleet(text, "deploy")
    const { uuid = Buffer.from(site.random(UUID_BYTES)).toString("hex") } = given
    const key = given.key ?? newDeviceKey(site.random)
    const device = await fleets.registerDevice(fleet, { ...given, uuid, key }, changeOf(c, site))
    return c.json({ device, key }, 201)
  })

  addRoute(app, routes.showDevice, async (c) => {
    const name = { ...c.req.valid("param"), ...c.req.valid("query") }
    return answerResource(c, await viewableDevice(site, new Access(c), name))
  })

  addRoute(app, routes.removeDevice, async (c) => {
    const name = { ...c.req.valid("param"), ...c.req.valid("query") }
    const { uuid, options } = await deviceToChange(c, site, name, "administer")
    await fleets.removeDevices([uuid], options)
    return c.body(null, 204)
  })
}
