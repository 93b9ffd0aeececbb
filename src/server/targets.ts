import { printRelease } from "../api/release.ts"
import * as routes from "../api/routes/targets.ts"
import type { DeviceTargetName } from "../fleet/device.ts"
import { parseDeviceUuid } from "../fleet/device.ts"
import { organizationOf } from "../fleet/slug.ts"
import { composeFile, deviceTargetDocument } from "../operations/device-target.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { answerResource, etagOf, isKnown, notModified } from "./etag.ts"
import { registryHost } from "./registry-host.ts"
import { ReleaseCache } from "./release-cache.ts"
import { viewableDevice } from "./viewable.ts"

/** What devices do, with their own keys: ask what to run, and say what they run. */
export function addTargetRoutes(app: App, site: Site): void {
  const { fleets, database } = site.home
  const releases = new ReleaseCache(fleets)

  addRoute(app, routes.showTarget, async (c) => {
    const uuid = parseDeviceUuid(c.req.valid("param").uuid)
    const { format, organization: named } = c.req.valid("query")
    const organization = new Access(c).deviceScope(uuid, named)
    const host = registryHost(c)
    const answer = async (name: DeviceTargetName): Promise<Response | undefined> => {
      const etag = etagOf(JSON.stringify([format, name, host]))
      if (isKnown(c, etag)) return notModified(c, etag)
      const { target, ...device } = name
      const found = target && (await releases.find(target))
      if (found === undefined) return undefined
      const document = deviceTargetDocument({ ...device, release: found }, host)
      if (format === "compose") {
        return c.newResponse(composeFile(document), 200, { "content-type": "application/yaml", etag })
      }
      const release = document.release && printRelease(document.release)
      return c.newResponse(JSON.stringify({ ...document, release }), 200, {
        "content-type": "application/json",
        etag,
      })
    }
    for (;;) {
      // What was removed or invalidated in between may be the target no longer.
      const answered = await answer(await database.peekTarget(uuid, { organization }))
      if (answered !== undefined) return answered
    }
  })

  addRoute(app, routes.reportRelease, async (c) => {
    const uuid = parseDeviceUuid(c.req.valid("param").uuid)
    const access = new Access(c)
    let organization = access.deviceScope(uuid, c.req.valid("query").organization)
    if (access.principal.kind === "token") {
      const { fleet } = await viewableDevice(site, access, { uuid, organization }, "deploy")
      organization = organizationOf(fleet)
    }
    const { commit } = c.req.valid("json")
    const options = { now: site.home.now(), organization }
    return answerResource(c, await fleets.reportRelease(uuid, commit, options))
  })
}
