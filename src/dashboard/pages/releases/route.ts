import { createRoute } from "@tanstack/react-router"
import { count, oneOf, text } from "../../search.ts"
import { fleetRoute } from "../fleet-summary/route.ts"

const STATUSES = ["running", "success", "failed", "cancelled"] as const
const YES_OR_NO = ["true", "false"] as const
const ORDERS = ["recordedAt", "-recordedAt", "version", "-version"] as const

interface Search {
  search?: string | undefined
  status?: (typeof STATUSES)[number] | undefined
  draft?: (typeof YES_OR_NO)[number] | undefined
  invalidated?: (typeof YES_OR_NO)[number] | undefined
  tag?: string | undefined
  sort?: (typeof ORDERS)[number] | undefined
  page?: number | undefined
}

export const releasesRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/releases",
  validateSearch: (search): Search => ({
    search: text(search.search),
    status: oneOf(STATUSES, search.status),
    draft: oneOf(YES_OR_NO, String(search.draft)),
    invalidated: oneOf(YES_OR_NO, String(search.invalidated)),
    tag: text(search.tag),
    sort: oneOf(ORDERS, search.sort),
    page: count(search.page),
  }),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
