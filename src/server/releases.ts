import { ApiError } from "../api/api-error.ts"
import {
  parseNewRelease,
  parseRecordingDetails,
  parseReleaseConditions,
  printOverview,
  printRelease,
  printSummary,
} from "../api/release.ts"
import * as routes from "../api/routes/releases.ts"
import { quote } from "../errors/quote.ts"
import { parseCommit } from "../fleet/commit.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { ReleaseChange, ReleaseChangeOptions } from "../fleet/fleet-store.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { answerChanged, answerPreview, answerResource, boundState } from "./etag.ts"
import { idCursor, type ListPart, readPage } from "./list-page.ts"
import { slugOf } from "./slug-of.ts"
import { viewableRelease } from "./viewable.ts"

export function addReleaseRoutes(app: App, site: Site): void {
  addFleetReleaseRoutes(app, site)
  const { fleets } = site.home

  addRoute(app, routes.findReleases, async (c) => {
    const access = new Access(c)
    const scope = access.scope()
    const { commit, fleet, organization = scope ?? undefined } = c.req.valid("query")
    const slug = fleet && access.fleet(fleet, "view")
    if (scope !== null && organization !== scope) return c.json({ items: [], next: null })
    const found = await fleets.findReleases({ commit, fleet: slug, organization })
    return c.json({ items: found.map(printSummary), next: null })
  })

  addRoute(app, routes.showRelease, async (c) => {
    const release = await viewableRelease(site, new Access(c), c.req.valid("param").id)
    return answerResource(c, printRelease(release))
  })

  addRoute(app, routes.showReleaseUse, async (c) => {
    const { id } = await viewableRelease(site, new Access(c), c.req.valid("param").id)
    return c.json(await fleets.getReleaseUse(id))
  })

  addRoute(app, routes.removeRelease, async (c) => {
    const release = await viewableRelease(site, new Access(c), c.req.valid("param").id, "administer")
    const state = boundState(c, release)
    const preview = c.req.valid("query").preview === "true"
    await fleets.removeRelease(release.id, { ...changeOf(c, site), state, preview })
    return c.body(null, 204)
  })

  type Change = (id: number, options: ReleaseChangeOptions) => Promise<ReleaseChange>
  const addChange = (route: ReturnType<typeof routes.releaseChange>, change: Change) =>
    addRoute(app, route, async (c) => {
      const release = await viewableRelease(site, new Access(c), c.req.valid("param").id, "deploy")
      const preview = c.req.valid("query").preview === "true"
      const options = { ...changeOf(c, site), state: boundState(c, release), preview }
      const { release: changed, target } = await change(release.id, options)
      const answer = preview ? answerPreview : answerChanged
      return answer(c, printRelease(changed), { target })
    })
  addChange(routes.finalizeRelease, (id, options) => fleets.finalizeRelease(id, options))
  addChange(routes.invalidateRelease, (id, options) => fleets.invalidateRelease(id, options))
  addChange(routes.validateRelease, (id, options) => fleets.validateRelease(id, options))
}

function addFleetReleaseRoutes(app: App, site: Site): void {
  const { fleets } = site.home

  addRoute(app, routes.listReleases, async (c) => {
    const fleet = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
    const {
      version,
      commit,
      limit,
      cursor,
      offset,
      count,
      sort,
      with: extras,
      ...query
    } = c.req.valid("query")
    const page = { limit, cursor, offset, count, sort }
    if (version !== undefined || commit !== undefined) {
      const { status } = query
      checkNamed(c.req.query())
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
    const conditions = parseReleaseConditions(query)
    const list = {
      place: idCursor,
      placeOf: ({ id }: { id: number }) => id,
      total: () => fleets.totalReleases(fleet, conditions),
    }
    const part = ({ behind: before, ...rest }: ListPart<number>) => ({ ...conditions, ...rest, before, sort })
    if (extras === "use") {
      const read = (wanted: ListPart<number>) => fleets.listReleaseOverviews(fleet, part(wanted))
      return c.json(await readPage(page, { ...list, read, show: printOverview }))
    }
    const read = (wanted: ListPart<number>) => fleets.listReleases(fleet, part(wanted))
    return c.json(await readPage(page, { ...list, read, show: printSummary }))
  })

  addRoute(app, routes.recordRelease, async (c) => {
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
  })

  addRoute(app, routes.showLatestRelease, async (c) => {
    const fleet = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
    const latest = await fleets.latestRelease(fleet)
    if (latest !== undefined) return answerResource(c, printRelease(latest))
    throw new FleetError("RELEASE_NOT_FOUND", `${fleet} has no final, valid release`)
  })
}

/** What a version or a commit names has an order of its own, and is all on one page. */
function checkNamed(query: Record<string, string>): void {
  const other = Object.keys(query).find((key) => !NAMED.includes(key))
  if (other === undefined) return
  throw new ApiError("INVALID_REQUEST", `${quote(other)} does not go with version or commit`, {
    hint: "leave it out; or look for the version or the commit with search",
  })
}

const NAMED = ["version", "commit", "status", "limit", "cursor"]
