import { ApiError } from "../api/api-error.ts"
import * as routes from "../api/routes/sessions.ts"
import { hashSecret, isSecretOf, newSessionSecret, newSignInCode } from "../fleet/secret.ts"
import { SESSION_LIFETIME, type Session } from "../fleet/session.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type RequestContext, type Site } from "./app.ts"
import type { Callers } from "./callers.ts"
import { refuseForeignOrigin } from "./origin.ts"
import { printCookie, printNoCookie, readCookie } from "./session-cookie.ts"

/** What nobody is signed in for yet. */
export function addSignInRoute(app: App, site: Site, callers: Callers): void {
  const { sessions } = site.home.database

  addRoute(app, routes.signIn, async (c) => {
    const { incoming } = c.env
    const isByTls = callers.isSecure(incoming)
    refuseForeignOrigin(incoming, isByTls)
    // Whatever session the browser brings: taken over, it could be one that somebody else has put there, and knows.
    const secret = newSessionSecret(site.random)
    const session = await begin(c.req.valid("json"), hashSecret(secret), site, c, callers)
    const brought = readCookie(incoming, isByTls)
    const old = brought && (await sessions.findSession(hashSecret(brought), { now: site.home.now() }))
    if (old) await sessions.endSession(old.id)
    c.header("set-cookie", printCookie(secret, SESSION_LIFETIME / 1000, isByTls))
    return c.json(printSession(session))
  })
}

export function addSessionRoutes(app: App, site: Site, callers: Callers): void {
  const { sessions } = site.home.database
  const signedOut = (c: RequestContext) => {
    c.header("set-cookie", printNoCookie(callers.isSecure(c.env.incoming)))
    return c.body(null, 204)
  }

  addRoute(app, routes.showSession, async (c) => c.json(printSession(requireSession(c))))

  addRoute(app, routes.signOut, async (c) => {
    await sessions.endSession(requireSession(c).id)
    return signedOut(c)
  })

  addRoute(app, routes.signOutEverywhere, async (c) => {
    await sessions.endSessionsOf(new Access(c).token().id)
    return signedOut(c)
  })

  addRoute(app, routes.createSignInCode, async (c) => {
    const { id } = new Access(c).token()
    const code = newSignInCode(site.random)
    const made = await sessions.createCode(id, hashSecret(code), { now: site.home.now() })
    return c.json({ code, ...made }, 201)
  })
}

async function begin(
  given: { secret: string } | { code: string },
  secretHash: string,
  { home }: Site,
  c: RequestContext,
  callers: Callers,
): Promise<Session> {
  const { sessions } = home.database
  const options = { now: home.now() }
  if ("code" in given) {
    const session = isSecretOf("code", given.code)
      ? await sessions.redeemCode(hashSecret(given.code), secretHash, options)
      : undefined
    if (session !== undefined) return session
    throw callers.refusal(
      c.env.incoming,
      "that code is wrong, was used, or has ended",
      "`waybill open` makes another; each is good for 5 minutes and one sign-in",
    )
  }
  if (isSecretOf("device", given.secret)) {
    throw new ApiError("FORBIDDEN", "a device's key cannot sign in", { hint: "use a token" })
  }
  const principal = isSecretOf("token", given.secret)
    ? await callers.bySecret(hashSecret(given.secret))
    : undefined
  const session =
    principal?.kind === "token"
      ? await sessions.beginSession(principal.token.id, secretHash, options)
      : undefined
  if (session !== undefined) return session
  const hint = "ask whoever runs the server for another: `waybill token create`"
  throw callers.refusal(c.env.incoming, "that token is wrong, or was revoked", hint)
}

function requireSession(c: RequestContext): Session {
  const session = c.get("session")
  if (session !== undefined) return session
  throw new ApiError("UNAUTHORIZED", "nobody is signed in: this was asked with a token", {
    hint: "POST /api/v1/session signs a browser in",
  })
}

function printSession({ token, expiresAt }: Session) {
  return { principal: { kind: "token", token }, expiresAt }
}
