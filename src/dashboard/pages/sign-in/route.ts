import { createRoute } from "@tanstack/react-router"
import { text } from "../../search.ts"
import { rootRoute } from "../../shell/routes.ts"

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: (search): { next?: string | undefined } => ({ next: text(search.next) }),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
