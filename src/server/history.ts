import { parseEventFilter } from "../api/event.ts"
import type { PageQuery } from "../api/page.ts"
import * as routes from "../api/routes/history.ts"
import type { EventFilter, EventScope } from "../fleet/list-options.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type RequestContext, type Site } from "./app.ts"
import { historyAsCsv } from "./history-csv.ts"
import { emptyPage, idCursor, readPage } from "./list-page.ts"
import { slugOf } from "./slug-of.ts"

/** Who did what, of one fleet and of all. */
export function addHistoryRoutes(app: App, { home: { fleets } }: Site): void {
  const answerPage = async (c: RequestContext, of: EventScope, page: PageQuery, filter: EventFilter) =>
    c.json(
      await readPage(page, {
        place: idCursor,
        read: ({ behind: before, ...part }) => fleets.listEvents(of, { ...filter, ...part, before }),
        placeOf: (event) => event.id,
        total: () => fleets.totalEvents(of, filter),
        show: (event) => event,
      }),
    )
  const answerCsv = async (c: RequestContext, name: string, of: EventScope, filter: EventFilter) => {
    const lines = historyAsCsv(fleets, of, filter)
    // What is wrong with the question is told before the answer begins.
    const first = await lines.next()
    const body = ReadableStream.from(encoded(c, first.value ?? "", lines))
    return c.newResponse(body, 200, {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": `attachment; filename="${name}.csv"`,
    })
  }

  addRoute(app, routes.listFleetHistory, async (c) => {
    const slug = new Access(c).fleet(slugOf(c.req.valid("param")), "view")
    const { format, ...query } = c.req.valid("query")
    const filter = parseEventFilter(query)
    if (format === "csv") return answerCsv(c, `history-of-${slug.replace("/", "-")}`, slug, filter)
    return answerPage(c, slug, query, filter)
  })

  addRoute(app, routes.listEvents, async (c) => {
    const scope = new Access(c).scope()
    const { format, organization = scope ?? undefined, ...query } = c.req.valid("query")
    const filter = parseEventFilter(query)
    const isForeign = scope !== null && organization !== scope
    if (format === "csv") {
      const of = { organization: isForeign ? "" : organization }
      return answerCsv(c, "history", of, filter)
    }
    if (isForeign) return c.json(emptyPage(query))
    return answerPage(c, { organization }, query, filter)
  })
}

async function* encoded(
  c: RequestContext,
  first: string,
  lines: AsyncIterable<string>,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(first)
  try {
    for await (const each of lines) yield encoder.encode(each)
  } catch (error) {
    // Thrown, it would be printed as it is; and the client must not take for whole what is not.
    c.set("failure", error)
    c.env.outgoing.destroy()
  }
}
