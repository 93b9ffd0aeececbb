import type { MiddlewareHandler } from "hono"
import { ApiError } from "../api/api-error.ts"
import type { Principal } from "../fleet/access.ts"
import type { Env } from "./app.ts"
import type { BodyBudget } from "./registry/body-budget.ts"
import { readBody } from "./registry/read-body.ts"
import { RETRY_AFTER } from "./retry-after.ts"

/** Of a request's body, in bytes: a composition of a million characters and everything around it. */
const MAX_BODY = 5 * 1024 * 1024
/** The same of who may not record releases: what is left is small. */
const MAX_SMALL_BODY = 16 * 1024

const METHODS = ["POST", "PUT", "PATCH"]

/** Reads the body of a request that may have one, before any route does. */
export function takeBody(bodies: BodyBudget): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (!METHODS.includes(c.req.method)) return next()
    const limit = maxBodyOf(c.get("principal"))
    const hint =
      limit === MAX_BODY ? undefined : "what is larger takes a token with a role that may record releases"
    using held = bodies.begin()
    const bytes = await readBody(c.env.incoming, {
      limit,
      held,
      tooLarge: () => new ApiError("BODY_TOO_LARGE", `the body has more than ${limit} bytes`, { hint }),
      noRoom: () =>
        new ApiError("SERVER_BUSY", "the server holds as much of what is sent to it as it can", {
          hint: `try again in ${RETRY_AFTER} seconds`,
        }),
    })
    // Where hono looks first; it has there the promise of a text, and not the text.
    Object.assign(c.req.bodyCache, { text: Promise.resolve(new TextDecoder().decode(bytes)) })
    await next()
  }
}

/** Whoever signs in is nobody yet. */
function maxBodyOf(principal: Principal | undefined): number {
  return principal?.kind === "token" && principal.token.role !== "viewer" ? MAX_BODY : MAX_SMALL_BODY
}
/** Other types would be guessed at, and a form is what a foreign web page can send. */
export const requireJson: MiddlewareHandler<Env> = async (c, next) => {
  const { incoming } = c.env
  const hasBody =
    Number(incoming.headers["content-length"] ?? 0) > 0 || "transfer-encoding" in incoming.headers
  const { method } = c.req
  const needsBody = method === "PUT" || method === "PATCH" || (method === "POST" && hasBody)
  const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase()
  if (needsBody && type !== "application/json") {
    throw new ApiError("UNSUPPORTED_MEDIA_TYPE", "the body has to be application/json", {
      hint: "send it with `Content-Type: application/json`",
    })
  }
  await next()
}
