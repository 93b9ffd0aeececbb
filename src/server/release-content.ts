import * as routes from "../api/routes/release-content.ts"
import { compareContent, compareReleases } from "../operations/compare-releases.ts"
import { releaseComposeFile } from "../operations/device-target.ts"
import { requireSuccess } from "../operations/successful-release.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { ContentReader } from "./content-reader.ts"
import { etagOf, isKnown, notModified } from "./etag.ts"
import { registryHost } from "./registry-host.ts"
import { viewableRelease } from "./viewable.ts"

/** What is in a release. */
export function addReleaseContentRoutes(app: App, site: Site): void {
  const reader = new ContentReader(site.home)

  addRoute(app, routes.showReleaseContent, async (c) => {
    const release = requireSuccess(await viewableRelease(site, new Access(c), c.req.valid("param").id))
    const etag = etagOf(`content ${release.index.digest}`)
    if (isKnown(c, etag)) return notModified(c, etag)
    const content = await reader.read(release, c.req.raw.signal)
    return c.newResponse(JSON.stringify(content), 200, { "content-type": "application/json", etag })
  })

  addRoute(app, routes.compareReleases, async (c) => {
    const access = new Access(c)
    const { id, other } = c.req.valid("param")
    const after = requireSuccess(await viewableRelease(site, access, id))
    const before = requireSuccess(await viewableRelease(site, access, other))
    // What a release says and is made of never changes.
    const etag = etagOf(`comparison ${after.id} ${after.index.digest} ${before.id} ${before.index.digest}`)
    if (isKnown(c, etag)) return notModified(c, etag)
    const { signal } = c.req.raw
    const contents = [await reader.read(before, signal), await reader.read(after, signal)] as const
    const comparison = { ...compareReleases(before, after), ...compareContent(...contents) }
    return c.newResponse(JSON.stringify(comparison), 200, { "content-type": "application/json", etag })
  })

  addRoute(app, routes.showReleaseCompose, async (c) => {
    const release = requireSuccess(await viewableRelease(site, new Access(c), c.req.valid("param").id))
    const { registry } = await site.home.fleets.getFleet(release.fleet)
    const text = releaseComposeFile(release, registry ?? registryHost(c) ?? null)
    const etag = etagOf(text)
    if (isKnown(c, etag)) return notModified(c, etag)
    return c.newResponse(text, 200, { "content-type": "application/yaml", etag })
  })
}
