import { createRoute } from "@tanstack/react-router"
import { fleetRoute } from "../fleet-summary/route.ts"

export const settingsRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/settings",
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
