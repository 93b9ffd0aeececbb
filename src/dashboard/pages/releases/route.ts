import { createRoute } from "@tanstack/react-router"
import { fleetRoute } from "../fleet-summary/route.ts"
import { validateSearch } from "./search.ts"

export const releasesRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/releases",
  validateSearch,
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
