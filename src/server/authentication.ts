import type { MiddlewareHandler } from "hono"
import { ApiError } from "../api/api-error.ts"
import type { Authenticator } from "../fleet/access-store.ts"
import { hashSecret } from "../fleet/secret.ts"
import type { Env, RequestContext } from "./app.ts"
import type { LoginLimit } from "./login-limit.ts"

const BEARER = /^Bearer +(wb[dt]_[A-Za-z0-9_-]{43})$/i

interface Options {
  authenticator: Authenticator
  limit: LoginLimit
  onFailure: () => void
}

/** Finds out who asks (RFC 6750, section 2.1), and lets nobody else through. */
export function authentication({ authenticator, limit, onFailure }: Options): MiddlewareHandler<Env> {
  return async (c, next) => {
    const header = c.req.header("authorization")
    const secret = BEARER.exec(header ?? "")?.[1]
    const principal = secret === undefined ? undefined : await authenticator.authenticate(hashSecret(secret))
    if (principal === undefined) {
      if (header !== undefined) onFailure()
      throw refusal(c, header, limit)
    }
    c.set("principal", principal)
    await next()
  }
}

function refusal(c: RequestContext, header: string | undefined, limit: LoginLimit): ApiError {
  const challenge = 'Bearer realm="waybill"'
  if (header === undefined) {
    c.header("www-authenticate", challenge)
    return new ApiError("UNAUTHORIZED", "this needs a token or a device's key", {
      hint: "send it as `Authorization: Bearer …`",
    })
  }
  const address = c.env.incoming.socket.remoteAddress ?? ""
  const wait = limit.wait(address)
  limit.fail(address)
  if (wait > 0) {
    c.header("retry-after", String(wait))
    return new ApiError("TOO_MANY_REQUESTS", "too many failed logins from this address", {
      hint: `wait ${wait} seconds`,
    })
  }
  c.header("www-authenticate", `${challenge}, error="invalid_token"`)
  return new ApiError("UNAUTHORIZED", "that token or key is wrong, or was revoked", {
    hint: "ask whoever runs the server for another",
  })
}
