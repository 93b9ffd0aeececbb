import { createRoute, z } from "@hono/zod-openapi"
import { parseCursor } from "../api/cursor.ts"
import { pageOf as pageSchema } from "../api/page.ts"
import {
  changedReleaseSchema,
  findReleasesQuery,
  newReleaseSchema,
  parseNewRelease,
  parseRecordingDetails,
  printRelease,
  printSummary,
  recordedReleaseSchema,
  releaseSchema,
  releaseSummarySchema,
  releasesQuery,
} from "../api/release.ts"
import { parseCommit } from "../fleet/commit.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { ReleaseChange, ReleaseChangeOptions } from "../fleet/fleet-store.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { idCursor, pageOf } from "./cursor.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"
import { answerChanged, answerResource, boundState } from "./etag.ts"
import { fleetPath, slugOf } from "./fleets.ts"
import { viewableRelease } from "./viewable.ts"

const releasePath = z.strictObject({ id: z.coerce.number().int().positive() })

const summaries = pageSchema(releaseSummarySchema)

export function addReleaseRoutes(app: App, site: Site): void {
  addFleetReleaseRoutes(app, site)
  const { fleets } = site.home

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/releases",
      summary: "Find releases by commit, newest first",
      request: { query: findReleasesQuery },
      responses: answers(200, "the releases, all on one page", summaries, 404, 422),
    }),
    async (c) => {
      const access = new Access(c)
      const scope = access.scope()
      const { commit, fleet, organization = scope ?? undefined } = c.req.valid("query")
      const slug = fleet && access.fleet(fleet, "view")
      if (scope !== null && organization !== scope) return c.json({ items: [], next: null })
      const found = await fleets.findReleases({ commit, fleet: slug, organization })
      return c.json({ items: found.map(printSummary), next: null })
    },
  )

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/releases/{id}",
      summary: "Show a release",
      request: { params: releasePath },
      responses: answers(200, "the release", releaseSchema, 404),
    }),
    async (c) => {
      const release = await viewableRelease(site, new Access(c), c.req.valid("param").id)
      return answerResource(c, printRelease(release))
    },
  )

  addRoute(
    app,
    createRoute({
      method: "delete",
      path: "/releases/{id}",
      summary: "Remove a release that nothing needs",
      request: { params: releasePath },
      responses: answersNothing("it is removed; its content stays where it is", 404, 409, 412),
    }),
    async (c) => {
      const release = await viewableRelease(site, new Access(c), c.req.valid("param").id, "administer")
      const state = boundState(c, release)
      await fleets.removeRelease(release.id, { ...changeOf(c, site), state })
      return c.body(null, 204)
    },
  )

  const addChange = (
    verb: string,
    summary: string,
    change: (id: number, options: ReleaseChangeOptions) => Promise<ReleaseChange>,
  ) =>
    addRoute(
      app,
      createRoute({
        method: "post",
        path: `/releases/{id}/${verb}`,
        summary,
        request: { params: releasePath },
        responses: answers(200, "the release", changedReleaseSchema, 404, 409, 412, 422),
      }),
      async (c) => {
        const release = await viewableRelease(site, new Access(c), c.req.valid("param").id, "deploy")
        const options = { ...changeOf(c, site), state: boundState(c, release) }
        const { release: changed, target } = await change(release.id, options)
        return answerChanged(c, printRelease(changed), { target })
      },
    )
  addChange("finalize", "Make a draft final: it gets its revision", (id, o) => fleets.finalizeRelease(id, o))
  addChange("invalidate", "Exclude a release from being latest", (id, o) => fleets.invalidateRelease(id, o))
  addChange("validate", "Take an invalidation back", (id, o) => fleets.validateRelease(id, o))
}

function addFleetReleaseRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/fleets/{organization}/{name}/releases",
      summary: "List the releases of a fleet, newest first",
      request: { params: fleetPath, query: releasesQuery },
      responses: answers(200, "a page of releases", summaries, 404, 422),
    }),
    async (c) => {
      const fleet = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
      const { limit, cursor, version, commit, status } = c.req.valid("query")
      if (version !== undefined || commit !== undefined) {
        const beginning = commit === undefined ? "" : parseCommit(commit)
        // Without a limit that was asked for, all are on one page.
        const wantedLimit = c.req.query("limit") === undefined ? undefined : limit
        const isFiltered = commit !== undefined || status !== undefined
        const found = await fleets.findReleases(
          version !== undefined ? { fleet, version } : { fleet, commit: beginning },
          { limit: isFiltered ? undefined : wantedLimit },
        )
        const wanted = found.filter(
          (release) =>
            release.commit.startsWith(beginning) && (status === undefined || release.status === status),
        )
        return c.json({ items: wanted.slice(0, wantedLimit).map(printSummary), next: null })
      }
      const before = parseCursor(cursor, idCursor)
      const found = await fleets.listReleases(fleet, { limit: limit + 1, before, status })
      return c.json(pageOf(found, limit, (release) => release.id, printSummary))
    },
  )

  addRoute(
    app,
    createRoute({
      method: "post",
      path: "/fleets/{organization}/{name}/releases",
      summary: "Record a release whose content is in the fleet's registry, or a build that failed",
      request: {
        params: fleetPath,
        headers: z.object({
          "idempotency-key": z
            .string()
            .min(1)
            .max(255)
            .optional()
            .meta({ description: "with it, a repeated request gives the release that was recorded" }),
        }),
        body: jsonBody(newReleaseSchema),
      },
      responses: answers(201, "the release", recordedReleaseSchema, ...withBody(404, 409, 412)),
    }),
    async (c) => {
      const fleet = new Access(c).fleet(slugOf(c.req.valid("param")), "deploy")
      const body = c.req.valid("json")
      const release = parseNewRelease(body)
      const options = {
        ...changeOf(c, site),
        idempotencyKey: c.req.valid("header")["idempotency-key"],
        ...parseRecordingDetails(body),
      }
      const { release: recorded, target } =
        "status" in release
          ? { release: await fleets.recordUnsuccessfulRelease(fleet, release, options), target: null }
          : await fleets.recordRelease(fleet, release, options)
      return answerChanged(c, printRelease(recorded), { target }, 201)
    },
  )

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/fleets/{organization}/{name}/releases/latest",
      summary: "Show the latest release of a fleet",
      request: { params: fleetPath },
      responses: answers(200, "the release", releaseSchema, 404, 422),
    }),
    async (c) => {
      const fleet = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
      const latest = await fleets.latestRelease(fleet)
      if (latest !== undefined) return answerResource(c, printRelease(latest))
      throw new FleetError("RELEASE_NOT_FOUND", `${fleet} has no final, valid release`)
    },
  )
}
