import { createRoute, z } from "@hono/zod-openapi"
import { parseCursor } from "../api/cursor.ts"
import { fleetEventSchema } from "../api/event.ts"
import {
  changedFleetSchema,
  deviceCountsSchema,
  fleetChangeSchema,
  fleetPolicySchema,
  fleetRegistrySchema,
  fleetSchema,
  fleetsQuery,
  newFleetSchema,
  removeFleetQuery,
} from "../api/fleet.ts"
import { pageQuery, pageOf as pageSchema } from "../api/page.ts"
import { plainText, shortText } from "../api/texts.ts"
import { type FleetSlug, organizationOf, parseFleetSlug } from "../fleet/slug.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { idCursor, pageOf } from "./cursor.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"
import { answerChanged, answerResource, boundGeneration } from "./etag.ts"
import { viewableRelease } from "./viewable.ts"

/** Names a fleet in the path of a route. */
export const fleetPath = z.strictObject({
  organization: shortText,
  name: shortText,
})

const slugCursor = plainText as unknown as z.ZodType<FleetSlug>

export function slugOf({ organization, name }: z.output<typeof fleetPath>): string {
  return `${organization}/${name}`
}

export function addFleetRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/fleets",
      summary: "List fleets, in order of slug",
      request: { query: fleetsQuery },
      responses: answers(200, "a page of fleets", pageSchema(fleetSchema)),
    }),
    async (c) => {
      const scope = new Access(c).scope()
      const { limit, cursor, organization = scope ?? undefined } = c.req.valid("query")
      const after = parseCursor(cursor, slugCursor)
      if (scope !== null && organization !== scope) return c.json({ items: [], next: null })
      const found = await fleets.listFleets({ organization, limit: limit + 1, after })
      return c.json(
        pageOf(
          found,
          limit,
          (fleet) => fleet.slug,
          (fleet) => fleet,
        ),
      )
    },
  )

  addRoute(
    app,
    createRoute({
      method: "post",
      path: "/fleets",
      summary: "Create a fleet, and its organization when that is missing",
      request: { body: jsonBody(newFleetSchema) },
      responses: answers(201, "the fleet", fleetSchema, ...withBody(404, 409)),
    }),
    async (c) => {
      const fleet = c.req.valid("json")
      const slug = parseFleetSlug(fleet.slug)
      new Access(c).organization(organizationOf(slug), "administer")
      return answerResource(c, await fleets.createFleet({ ...fleet, slug }, changeOf(c, site)), 201)
    },
  )

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/fleets/{organization}/{name}",
      summary: "Show a fleet",
      request: { params: fleetPath },
      responses: answers(200, "the fleet", fleetSchema, 404, 422),
    }),
    async (c) => {
      const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
      return answerResource(c, await fleets.getFleet(slug))
    },
  )

  addRoute(
    app,
    createRoute({
      method: "patch",
      path: "/fleets/{organization}/{name}",
      summary: "Mark a fleet public, or take that back",
      request: { params: fleetPath, body: jsonBody(fleetChangeSchema) },
      responses: answers(200, "the fleet", fleetSchema, ...withBody(404, 412)),
    }),
    async (c) => {
      const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "administer")
      const { isPublic } = c.req.valid("json")
      const generation = await boundGeneration(c, slug, () => fleets.getFleet(slug))
      return answerResource(c, await fleets.setPublic(slug, isPublic, { ...changeOf(c, site), generation }))
    },
  )

  addRoute(
    app,
    createRoute({
      method: "put",
      path: "/fleets/{organization}/{name}/registry",
      summary: "Say where a fleet keeps its images from now on; they have to be there already",
      request: { params: fleetPath, body: jsonBody(fleetRegistrySchema) },
      responses: answers(200, "the fleet", fleetSchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "administer")
      const { registry } = c.req.valid("json")
      const generation = await boundGeneration(c, slug, () => fleets.getFleet(slug))
      return answerResource(c, await fleets.setRegistry(slug, registry, { ...changeOf(c, site), generation }))
    },
  )

  addRoute(
    app,
    createRoute({
      method: "delete",
      path: "/fleets/{organization}/{name}",
      summary: "Remove a fleet",
      request: { params: fleetPath, query: removeFleetQuery },
      responses: answersNothing("it is removed", 404, 409, 412, 422),
    }),
    async (c) => {
      const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "administer")
      const { withReleases, withDevices } = c.req.valid("query")
      const generation = await boundGeneration(c, slug, () => fleets.getFleet(slug))
      await fleets.removeFleet(slug, {
        ...changeOf(c, site),
        generation,
        withReleases: withReleases === "true",
        withDevices: withDevices === "true",
      })
      return c.body(null, 204)
    },
  )

  addRoute(
    app,
    createRoute({
      method: "put",
      path: "/fleets/{organization}/{name}/policy",
      summary: "Pin a fleet to a release, or let it track its latest",
      request: { params: fleetPath, body: jsonBody(fleetPolicySchema) },
      responses: answers(200, "the fleet", changedFleetSchema, ...withBody(404, 412)),
    }),
    async (c) => {
      const access = new Access(c)
      const slug = access.fleet(slugOf(c.req.valid("param")), "deploy")
      const policy = c.req.valid("json")
      const generation = await boundGeneration(c, slug, () => fleets.getFleet(slug))
      const options = { ...changeOf(c, site), generation }
      const change = async () => {
        if (policy.policy === "track-latest") return fleets.trackLatest(slug, options)
        const release = await viewableRelease(site, access, policy.release)
        return fleets.pinFleet(slug, release.id, options)
      }
      const { fleet, target: targetChange } = await change()
      return answerChanged(c, fleet, { targetChange })
    },
  )

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/fleets/{organization}/{name}/device-counts",
      summary: "Count the devices of a fleet by their policy",
      request: { params: fleetPath },
      responses: answers(200, "numbers of devices", deviceCountsSchema, 404, 422),
    }),
    async (c) => {
      const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
      return c.json(await fleets.countDevices(slug))
    },
  )

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/fleets/{organization}/{name}/history",
      summary: "Show who did what to a fleet, newest first; also to one that was removed",
      request: { params: fleetPath, query: pageQuery },
      responses: answers(200, "a page of the history", pageSchema(fleetEventSchema), 404, 422),
    }),
    async (c) => {
      const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
      const { limit, cursor } = c.req.valid("query")
      const found = await fleets.listEvents(slug, { limit: limit + 1, before: parseCursor(cursor, idCursor) })
      return c.json(
        pageOf(
          found,
          limit,
          (event) => event.id,
          (event) => event,
        ),
      )
    },
  )
}
