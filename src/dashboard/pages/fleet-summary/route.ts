import { createRoute } from "@tanstack/react-router"
import { question } from "../../calls/queries.ts"
import { signedInRoute } from "../../shell/routes.ts"

/** A fleet: what all its pages have in common. */
export const fleetRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/fleets/$organization/$name",
  loader: ({ context, params }) =>
    context.client.ensureQueryData(question("get /fleets/{organization}/{name}", { params })),
}).lazy(() => import("./fleet-layout.tsx").then(({ Route }) => Route))

export const fleetSummaryRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/",
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
