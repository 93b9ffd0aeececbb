import { createRouter } from "@tanstack/react-router"
import { client } from "./calls/client.ts"
import { compareRoute } from "./pages/compare/route.ts"
import { deviceRoute } from "./pages/device/route.ts"
import { devicesRoute, fleetDevicesRoute } from "./pages/devices/route.ts"
import { fleetRoute, fleetSummaryRoute } from "./pages/fleet-summary/route.ts"
import { fleetsRoute } from "./pages/fleets/route.ts"
import { historyRoute } from "./pages/history/route.ts"
import { releaseRoute } from "./pages/release/route.ts"
import { releasesRoute } from "./pages/releases/route.ts"
import { settingsRoute } from "./pages/settings/route.ts"
import { signInRoute } from "./pages/sign-in/route.ts"
import { tokensRoute } from "./pages/tokens/route.ts"
import { PageFailed, PageMissing } from "./shell/page-failed.tsx"
import { homeRoute, rootRoute, signedInRoute } from "./shell/routes.ts"

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    signInRoute,
    signedInRoute.addChildren([
      homeRoute,
      fleetsRoute,
      fleetRoute.addChildren([
        fleetSummaryRoute,
        releasesRoute,
        releaseRoute,
        compareRoute,
        fleetDevicesRoute,
        historyRoute,
        settingsRoute,
      ]),
      devicesRoute,
      deviceRoute,
      tokensRoute,
    ]),
  ]),
  context: { client },
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: PageFailed,
  defaultNotFoundComponent: PageMissing,
})

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router
  }
}
