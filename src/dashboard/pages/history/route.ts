import { createRoute } from "@tanstack/react-router"
import { count, text } from "../../search.ts"
import { fleetRoute } from "../fleet-summary/route.ts"
import type { HistorySearch } from "./history-filter.ts"

export const historyRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/history",
  validateSearch: (search): HistorySearch => ({
    action: text(search.action),
    actor: text(search.actor),
    device: text(search.device),
    commit: text(search.commit),
    since: text(search.since),
    until: text(search.until),
    page: count(search.page),
  }),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
