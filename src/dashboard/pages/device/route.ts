import { createRoute } from "@tanstack/react-router"
import { oneOf, text } from "../../search.ts"
import { signedInRoute } from "../../shell/routes.ts"

export const DEVICE_TABS = ["summary", "compose", "history", "settings"] as const

interface Search {
  tab?: (typeof DEVICE_TABS)[number] | undefined
  /** Whose device, where several organizations have one of this uuid. */
  organization?: string | undefined
}

export const deviceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/devices/$uuid",
  validateSearch: (search): Search => ({
    tab: oneOf(DEVICE_TABS, search.tab),
    organization: text(search.organization),
  }),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
