import type { ZodType } from "zod"
import * as routes from "../api/routes/fleets.ts"
import { plainText } from "../api/texts.ts"
import { type FleetSlug, organizationOf, parseFleetSlug } from "../fleet/slug.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { answerChanged, answerPreview, answerResource, boundGeneration } from "./etag.ts"
import { emptyPage, readPage } from "./list-page.ts"
import { slugOf } from "./slug-of.ts"
import { viewableRelease } from "./viewable.ts"

const slugCursor = plainText as unknown as ZodType<FleetSlug>

export function addFleetRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(app, routes.listFleets, async (c) => {
    const scope = new Access(c).scope()
    const { limit, cursor, offset, count, sort, ...filter } = c.req.valid("query")
    const { organization = scope ?? undefined } = filter
    const page = { limit, cursor, offset, count, sort }
    if (scope !== null && organization !== scope) return c.json(emptyPage(page))
    const wanted = { ...filter, organization }
    return c.json(
      await readPage(page, {
        place: slugCursor,
        read: ({ behind: after, ...part }) => fleets.listFleets({ ...wanted, ...part, after, sort }),
        placeOf: (fleet) => fleet.slug,
        total: () => fleets.totalFleets(wanted),
        show: (fleet) => fleet,
      }),
    )
  })

  addRoute(app, routes.listFleetOverviews, async (c) => {
    const scope = new Access(c).scope()
    const { limit, cursor, offset, count, sort, silentAfter, ...filter } = c.req.valid("query")
    const { organization = scope ?? undefined } = filter
    const page = { limit, cursor, offset, count, sort }
    if (scope !== null && organization !== scope) return c.json(emptyPage(page))
    const wanted = { ...filter, organization }
    const silence = { silentAfter, now: site.home.now() }
    return c.json(
      await readPage(page, {
        place: slugCursor,
        read: ({ behind: after, ...part }) =>
          fleets.listFleetOverviews({ ...wanted, ...silence, ...part, after, sort }),
        placeOf: ({ fleet }) => fleet.slug,
        total: () => fleets.totalFleets(wanted),
        show: (overview) => overview,
      }),
    )
  })

  addRoute(app, routes.createFleet, async (c) => {
    const fleet = c.req.valid("json")
    const slug = parseFleetSlug(fleet.slug)
    new Access(c).organization(organizationOf(slug), "administer")
    return answerResource(c, await fleets.createFleet({ ...fleet, slug }, changeOf(c, site)), 201)
  })

  addRoute(app, routes.showFleet, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
    return answerResource(c, await fleets.getFleet(slug))
  })

  addRoute(app, routes.changeFleet, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "administer")
    const { isPublic } = c.req.valid("json")
    const generation = await boundGeneration(c, slug, () => fleets.getFleet(slug))
    return answerResource(c, await fleets.setPublic(slug, isPublic, { ...changeOf(c, site), generation }))
  })

  addRoute(app, routes.setFleetRegistry, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "administer")
    const { registry } = c.req.valid("json")
    const generation = await boundGeneration(c, slug, () => fleets.getFleet(slug))
    return answerResource(c, await fleets.setRegistry(slug, registry, { ...changeOf(c, site), generation }))
  })

  addRoute(app, routes.removeFleet, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "administer")
    const { withReleases, withDevices, preview } = c.req.valid("query")
    const generation = await boundGeneration(c, slug, () => fleets.getFleet(slug))
    await fleets.removeFleet(slug, {
      ...changeOf(c, site),
      generation,
      withReleases: withReleases === "true",
      withDevices: withDevices === "true",
      preview: preview === "true",
    })
    return c.body(null, 204)
  })

  addRoute(app, routes.setFleetPolicy, async (c) => {
    const access = new Access(c)
    const slug = access.fleet(slugOf(c.req.valid("param")), "deploy")
    const policy = c.req.valid("json")
    const generation = await boundGeneration(c, slug, () => fleets.getFleet(slug))
    const preview = c.req.valid("query").preview === "true"
    const options = { ...changeOf(c, site), generation, preview }
    const change = async () => {
      if (policy.policy === "track-latest") return fleets.trackLatest(slug, options)
      const release = await viewableRelease(site, access, policy.release)
      return fleets.pinFleet(slug, release.id, options)
    }
    const { fleet, target: targetChange } = await change()
    const answer = preview ? answerPreview : answerChanged
    return answer(c, fleet, { targetChange })
  })

  addRoute(app, routes.countFleetDevices, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
    return c.json(await fleets.countDevices(slug))
  })

  addRoute(app, routes.showRollout, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
    const { silentAfter } = c.req.valid("query")
    return c.json(await fleets.getRollout(slug, { silentAfter, now: site.home.now() }))
  })
}
