import { createRoute } from "@tanstack/react-router"
import { count, oneOf, text } from "../../search.ts"
import { signedInRoute } from "../../shell/routes.ts"
import { deviceQuestion } from "./device-question.ts"
import { DEVICE_TABS } from "./tabs.ts"

interface Search {
  tab?: (typeof DEVICE_TABS)[number] | undefined
  /** Whose device, where several organizations have one of this uuid. */
  organization?: string | undefined
  /** Of its history. */
  page?: number | undefined
}

export const deviceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/devices/$uuid",
  validateSearch: (search): Search => ({
    tab: oneOf(DEVICE_TABS, search.tab),
    organization: text(search.organization),
    page: count(search.page),
  }),
  loaderDeps: ({ search: { organization } }) => ({ organization }),
  loader: ({ context, params, deps }) =>
    context.client.ensureQueryData(deviceQuestion({ ...params, ...deps })),
}).lazy(() => import("./page.tsx").then(({ Route }) => Route))
