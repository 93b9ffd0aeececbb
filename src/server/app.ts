import type { HttpBindings } from "@hono/node-server"
import { OpenAPIHono, type RouteConfig, type RouteHandler } from "@hono/zod-openapi"
import type { Context } from "hono"
import type { z } from "zod"
import { ApiError } from "../api/api-error.ts"
import { quote } from "../errors/quote.ts"
import type { Principal } from "../fleet/access.ts"
import type { Random } from "../fleet/secret.ts"
import type { Session } from "../fleet/session.ts"
import { describeIssue } from "../oci/issue.ts"
import type { Home } from "../operations/home.ts"

/** What routes work with. */
export interface Site {
  home: Home
  random: Random
}

export interface Env {
  Bindings: HttpBindings
  Variables: { requestId: string; principal: Principal; session: Session | undefined; failure: unknown }
}

export type App = OpenAPIHono<Env>
export type RequestContext = Context<Env>

/** An application whose requests are checked by their schemas before a handler sees them. */
export function newApp(): App {
  return new OpenAPIHono<Env>({
    defaultHook(result) {
      if (result.success) return
      const issue = nearest(result.error.issues[0])
      const place = issue?.path.map(String).join(".") ?? ""
      throw new ApiError(
        "INVALID_REQUEST",
        `${place === "" ? result.target : quote(place)}: ${describeIssue(issue)}`,
        { hint: "/api/v1/openapi.json says what the request may hold" },
      )
    },
  })
}

type Issue = z.core.$ZodIssue

/** What is wrong; of several forms none of which fits, with the one that fits best. */
function nearest(issue: Issue | undefined): Issue | undefined {
  if (issue?.code !== "invalid_union") return issue
  const [found] = issue.errors.toSorted((one, other) => one.length - other.length)[0] ?? []
  // What has words of its own for all of its forms is told by those.
  if (found === undefined || describeIssue(issue) === issue.message) return issue
  return nearest({ ...found, path: [...issue.path, ...found.path] })
}

/**
 * Adds a route with its description. Handlers answer with a `Response` of their own making: that those fit the
 * description is tested, not typed.
 */
export function addRoute<Route extends RouteConfig>(
  app: App,
  route: Route,
  handle: (context: Parameters<RouteHandler<Route, Env>>[0]) => Promise<Response>,
): void {
  app.openapi(route, handle as unknown as RouteHandler<Route, Env>)
}
