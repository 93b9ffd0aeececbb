import { parseDeviceFilter } from "../api/device.ts"
import * as routes from "../api/routes/devices.ts"
import { newDeviceKey } from "../fleet/secret.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { addDeviceChangeRoutes } from "./device-changes.ts"
import { addDeviceGroupRoutes } from "./device-groups.ts"
import { deviceToChange } from "./device-to-change.ts"
import { answerResource } from "./etag.ts"
import { emptyPage, idCursor, readPage } from "./list-page.ts"
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
    const { limit, cursor, offset, count, sort, ...query } = c.req.valid("query")
    const { organization = scope ?? undefined } = query
    const fleet = query.fleet && access.fleet(query.fleet, "view")
    const page = { limit, cursor, offset, count, sort }
    if (scope !== null && organization !== scope) return c.json(emptyPage(page))
    const filter = parseDeviceFilter({ ...query, fleet, organization }, site.home.now())
    return c.json(
      await readPage(page, {
        place: idCursor,
        read: ({ behind: after, ...part }) => fleets.listDevices(filter, { ...part, after, sort }),
        placeOf: (device) => device.id,
        total: () => fleets.totalDevices(filter),
        show: (device) => device,
      }),
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
