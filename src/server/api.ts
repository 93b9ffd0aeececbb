import { signIn } from "../api/routes/sessions.ts"
import { Access } from "./access.ts"
import { type App, newApp, type Site } from "./app.ts"
import { authentication } from "./authentication.ts"
import { requireJson, takeBody } from "./body.ts"
import { addBundleDownload } from "./bundle-download.ts"
import { addBundleImport } from "./bundle-import.ts"
import type { Callers } from "./callers.ts"
import type { ChangeStreams } from "./change-streams.ts"
import { addChangeRoute } from "./changes.ts"
import { addDashboard } from "./dashboard.ts"
import { addDeviceRoutes } from "./devices.ts"
import { answerErrors } from "./errors.ts"
import { addFleetRoutes } from "./fleets.ts"
import { addHistoryRoutes } from "./history.ts"
import type { Limits } from "./limits.ts"
import type { Metrics } from "./metrics.ts"
import type { Terms } from "./registry/exchange.ts"
import { addReleaseContentRoutes } from "./release-content.ts"
import { addReleaseRoutes } from "./releases.ts"
import { logRequests, type RequestLog } from "./request-log.ts"
import { cookieName } from "./session-cookie.ts"
import { addSessionRoutes, addSignInRoute } from "./sessions.ts"
import { addTargetRoutes } from "./targets.ts"
import { addTokenRoutes } from "./tokens.ts"

const API = "/api/v1"

interface ApiOptions extends Site {
  version: string
  requests: RequestLog
  metrics: Metrics
  callers: Callers
  streams: ChangeStreams
  terms: Terms
  limits: Limits
  /** Folder of the built dashboard. Default: none is served. */
  dashboard?: string | undefined
  /** Whether the server takes no new work. */
  isStopping: () => boolean
}

/** Everything that a server answers, but for what it does as a registry. */
export function makeApi(options: ApiOptions): App {
  const { version, requests, metrics, callers, streams, terms, limits, dashboard, isStopping, ...site } =
    options
  const { home, random } = site
  const login = authentication(callers)
  const app = newApp()
  answerErrors(app)
  app.use(logRequests(requests))

  app.get("/healthz", (c) => c.text("ok\n"))
  app.get("/readyz", async (c) => {
    if (isStopping()) return c.text("stopping\n", 503)
    return home.database.ping().then(
      () => c.text("ok\n"),
      () => c.text("the database does not answer\n", 503),
    )
  })
  app.get("/metrics", login, async (c) => {
    new Access(c).server("view")
    return c.body(await metrics.print(), 200, { "content-type": metrics.contentType })
  })

  const open = newApp()
  open.on("POST", signIn.path, requireJson, takeBody(terms.bodies))
  addSignInRoute(open, site, callers)
  app.route(API, open)

  const bundles = newApp()
  // Before the middlewares of the others, which take bodies whole.
  for (const path of ["bundles", "bundles/check"]) bundles.use(`/fleets/:organization/:name/${path}`, login)
  bundles.use("/fleets/:organization/:name/imports", login)
  addBundleImport(bundles, site, callers, limits)
  app.route(API, bundles)
  const api = newApp()
  api.use(login, requireJson, takeBody(terms.bodies))
  addFleetRoutes(api, site)
  addHistoryRoutes(api, site)
  addReleaseRoutes(api, site)
  addReleaseContentRoutes(api, site)
  addBundleDownload(api, site, terms)
  addDeviceRoutes(api, site)
  addTargetRoutes(api, site)
  addTokenRoutes(api, site)
  addSessionRoutes(api, site, callers)
  addChangeRoute(api, streams, callers)
  app.route(API, api)
  app.openAPIRegistry.registerComponent("securitySchemes", "secret", {
    type: "http",
    scheme: "bearer",
    description: "a token (wbt_…) or a device's key (wbd_…)",
  })
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: cookieName(true),
    description:
      "of a browser that signed in by POST /session; `waybill` over plain HTTP. A change has to come from the server's own origin",
  })
  let description: string | undefined
  app.get(`${API}/openapi.json`, login, (c) => {
    new Access(c).scope()
    // Making it takes as long as hundreds of other answers.
    description ??= JSON.stringify(
      app.getOpenAPI31Document({
        openapi: "3.1.0",
        info: { title: "Waybill", version, description: "Fleets, releases, devices and their policy" },
        security: [{ secret: [] }, { session: [] }],
      }),
    )
    return c.newResponse(description, 200, { "content-type": "application/json" })
  })
  if (dashboard !== undefined) addDashboard(app, { folder: dashboard, random })
  return app
}
