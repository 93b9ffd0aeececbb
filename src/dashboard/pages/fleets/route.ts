import { createRoute } from "@tanstack/react-router"
import { count, oneOf, text } from "../../search.ts"
import { signedInRoute } from "../../shell/routes.ts"
import { CLASSES } from "./classes.ts"

interface Search {
  search?: string | undefined
  class?: (typeof CLASSES)[number] | undefined
  page?: number | undefined
}

export const fleetsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/fleets",
  validateSearch: (search): Search => ({
    search: text(search.search),
    class: oneOf(CLASSES, search.class),
    page: count(search.page),
  }),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
