import * as routes from "../api/routes/tokens.ts"
import { tokenNotFound } from "../fleet/not-found.ts"
import { newTokenSecret } from "../fleet/secret.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { requireMatch } from "./etag.ts"

export function addTokenRoutes(app: App, site: Site): void {
  const { access: tokens } = site.home

  addRoute(app, routes.showPrincipal, async (c) => c.json(c.get("principal")))

  addRoute(app, routes.listTokens, async (c) => {
    const access = new Access(c)
    const { organization = access.scope() } = c.req.valid("query")
    if (organization === null) access.server("administer")
    else access.organization(organization, "administer")
    return c.json({ items: await tokens.listTokens(organization) })
  })

  addRoute(app, routes.createToken, async (c) => {
    const access = new Access(c)
    const { secret = newTokenSecret(site.random), ...token } = c.req.valid("json")
    if (token.organization === null) access.server("administer")
    else access.organization(token.organization, "administer")
    const created = await tokens.createToken({ ...token, secret }, changeOf(c, site))
    return c.json({ token: created, secret }, 201)
  })

  addRoute(app, routes.revokeToken, async (c) => {
    const access = new Access(c)
    const scope = access.scope()
    if (scope === null) access.server("administer")
    else access.organization(scope, "administer")
    const { id } = c.req.valid("param")
    const known = await tokens.listTokens(scope)
    const token = known.find((one) => one.id === id)
    if (token === undefined) throw tokenNotFound(id)
    // That it is used changes nothing that somebody decided.
    requireMatch(c, `token ${id}`, { ...token, lastUsedAt: null })
    return c.json(await tokens.revokeToken(id, changeOf(c, site)))
  })
}
