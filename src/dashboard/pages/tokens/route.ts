import { createRoute } from "@tanstack/react-router"
import { signedInRoute } from "../../shell/routes.ts"

export const tokensRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/tokens",
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
