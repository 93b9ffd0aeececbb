import * as routes from "../api/routes/device-changes.ts"
import { newDeviceKey } from "../fleet/secret.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { deviceToChange } from "./device-to-change.ts"
import { answerResource } from "./etag.ts"
import { viewableRelease } from "./viewable.ts"

/** What is done to one device. */
export function addDeviceChangeRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(app, routes.setDevicePolicy, async (c) => {
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
  })

  addRoute(app, routes.renameDevice, async (c) => {
    const name = { ...c.req.valid("param"), ...c.req.valid("query") }
    const { uuid, options } = await deviceToChange(c, site, name)
    return answerResource(c, await fleets.renameDevice(uuid, c.req.valid("json").name, options))
  })

  addRoute(app, routes.rotateDeviceKey, async (c) => {
    const name = { ...c.req.valid("param"), ...c.req.valid("query") }
    const { uuid, options } = await deviceToChange(c, site, name)
    const { key = newDeviceKey(site.random) } = c.req.valid("json")
    return c.json({ device: await fleets.rotateDeviceKey(uuid, key, options), key })
  })

  addRoute(app, routes.tagDevice, async (c) => {
    const name = { ...c.req.valid("param"), ...c.req.valid("query") }
    const { uuid, options } = await deviceToChange(c, site, name)
    const [changed] = await fleets.tagDevices([uuid], c.req.valid("json").tags, options)
    return answerResource(c, changed)
  })

  addRoute(app, routes.moveDevice, async (c) => {
    const access = new Access(c)
    const name = { ...c.req.valid("param"), ...c.req.valid("query") }
    const { uuid, options } = await deviceToChange(c, site, name)
    const { fleet: text, release } = c.req.valid("json")
    const fleet = access.fleet(text, "deploy")
    if (release !== undefined) await viewableRelease(site, access, release)
    const [moved] = await fleets.moveDevices([uuid], fleet, { ...options, pin: release })
    return answerResource(c, moved)
  })
}
