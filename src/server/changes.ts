import { watchChanges } from "../api/routes/changes.ts"
import { organizationOf } from "../fleet/slug.ts"
import { Access } from "./access.ts"
import { type App, addRoute } from "./app.ts"
import type { Callers } from "./callers.ts"
import type { ChangeStreams } from "./change-streams.ts"

const HEADERS = {
  "content-type": "text/event-stream",
  // Else a proxy keeps events until it has many.
  "x-accel-buffering": "no",
}

/** Says what to ask again, as it changes. */
export function addChangeRoute(app: App, streams: ChangeStreams, callers: Callers): void {
  addRoute(app, watchChanges, async (c) => {
    const { id, organization } = new Access(c).token()
    const last = c.req.valid("header")["last-event-id"]
    const { incoming } = c.env
    // Of a head alone nobody reads the stream, nor ends it.
    if (c.req.method === "HEAD") return c.newResponse(null, 200, HEADERS)
    const body = await streams.open({
      token: id,
      sees: (fleet) => organization === null || organization === organizationOf(fleet),
      isStillGood: () => callers.isStillGood(incoming),
      since: last === undefined ? undefined : new Date(/^\d{1,15}$/.test(last) ? Number(last) : Number.NaN),
    })
    return c.newResponse(body, 200, HEADERS)
  })
}
