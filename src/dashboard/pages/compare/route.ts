import { createRoute } from "@tanstack/react-router"
import { fleetRoute } from "../fleet-summary/route.ts"

export const compareRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/releases/$release/compare/$other",
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
