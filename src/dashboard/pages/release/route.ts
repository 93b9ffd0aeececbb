import { createRoute } from "@tanstack/react-router"
import { oneOf } from "../../search.ts"
import { fleetRoute } from "../fleet-summary/route.ts"

export const RELEASE_TABS = ["services", "compose", "devices", "history"] as const

export const releaseRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/releases/$release",
  validateSearch: (search): { tab?: (typeof RELEASE_TABS)[number] | undefined } => ({
    tab: oneOf(RELEASE_TABS, search.tab),
  }),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
