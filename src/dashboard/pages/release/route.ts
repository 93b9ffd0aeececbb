import { createRoute } from "@tanstack/react-router"
import { question } from "../../calls/queries.ts"
import { oneOf } from "../../search.ts"
import { fleetRoute } from "../fleet-summary/route.ts"
import { RELEASE_TABS } from "./tabs.ts"

export const releaseRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/releases/$release",
  validateSearch: (search): { tab?: (typeof RELEASE_TABS)[number] | undefined } => ({
    tab: oneOf(RELEASE_TABS, search.tab),
  }),
  loader: ({ context, params }) =>
    context.client.ensureQueryData(
      question("get /releases/{id}", { params: { id: Number(params.release) } }),
    ),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
