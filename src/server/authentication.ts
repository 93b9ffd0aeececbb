import type { MiddlewareHandler } from "hono"
import { ApiError } from "../api/api-error.ts"
import { hashSecret } from "../fleet/secret.ts"
import type { Session } from "../fleet/session.ts"
import type { Env, RequestContext } from "./app.ts"
import { bearerSecret } from "./bearer.ts"
import type { Callers } from "./callers.ts"
import { printNoCookie } from "./session-cookie.ts"

const CHALLENGE = 'Bearer realm="waybill"'

/** Finds out who asks (RFC 6750, section 2.1; or by the cookie of a session), and lets nobody else through. */
export function authentication(callers: Callers): MiddlewareHandler<Env> {
  return async (c, next) => {
    const header = c.req.header("authorization")
    if (header === undefined) {
      const session = await sessionOf(c, callers)
      c.set("session", session)
      c.set("principal", { kind: "token", token: session.token })
    } else {
      const secret = bearerSecret(header)
      const principal = secret === undefined ? undefined : await callers.bySecret(hashSecret(secret))
      if (principal === undefined) throw refusal(c, callers)
      c.set("principal", principal)
    }
    await next()
  }
}

async function sessionOf(c: RequestContext, callers: Callers): Promise<Session> {
  const { incoming } = c.env
  const session = await callers.bySession(incoming).catch((error: unknown) => {
    if (error instanceof ApiError && error.code !== "FORBIDDEN") {
      c.header("set-cookie", printNoCookie(callers.isSecure(incoming)))
    }
    throw error
  })
  if (session !== undefined) return session
  c.header("www-authenticate", CHALLENGE)
  throw new ApiError("UNAUTHORIZED", "this needs a token or a device's key", {
    hint: "send it as `Authorization: Bearer …`",
  })
}

function refusal(c: RequestContext, callers: Callers): ApiError {
  const hint = "ask whoever runs the server for another"
  const error = callers.refusal(c.env.incoming, "that token or key is wrong, or was revoked", hint)
  if (error.code === "UNAUTHORIZED") c.header("www-authenticate", `${CHALLENGE}, error="invalid_token"`)
  return error
}
