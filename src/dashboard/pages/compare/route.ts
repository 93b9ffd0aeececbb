import { createRoute } from "@tanstack/react-router"
import { question } from "../../calls/queries.ts"
import { fleetRoute } from "../fleet-summary/route.ts"

export const compareRoute = createRoute({
  getParentRoute: () => fleetRoute,
  path: "/releases/$release/compare/$other",
  loader: async ({ context, params }) => {
    const ask = (id: string) =>
      context.client.ensureQueryData(question("get /releases/{id}", { params: { id: Number(id) } }))
    await Promise.all([ask(params.release), ask(params.other)])
  },
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
