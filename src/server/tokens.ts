import { createRoute, z } from "@hono/zod-openapi"
import {
  createdTokenSchema,
  newTokenSchema,
  principalSchema,
  tokenSchema,
  tokensQuery,
  tokensSchema,
} from "../api/token.ts"
import { tokenNotFound } from "../fleet/not-found.ts"
import { newTokenSecret } from "../fleet/secret.ts"
import { Access } from "./access.ts"
import { type App, addRoute, type Site } from "./app.ts"
import { changeOf } from "./change.ts"
import { answers, jsonBody, withBody } from "./describe-route.ts"
import { requireMatch } from "./etag.ts"

export function addTokenRoutes(app: App, site: Site): void {
  const { access: tokens } = site.home

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/principal",
      summary: "Say who the secret belongs to",
      responses: answers(200, "a token without its secret, or a device", principalSchema),
    }),
    async (c) => c.json(c.get("principal")),
  )

  addRoute(
    app,
    createRoute({
      method: "get",
      path: "/tokens",
      summary: "List tokens, in order of creation",
      request: { query: tokensQuery },
      responses: answers(200, "the tokens that are good", tokensSchema, 404),
    }),
    async (c) => {
      const access = new Access(c)
      const { organization = access.scope() } = c.req.valid("query")
      if (organization === null) access.server("administer")
      else access.organization(organization, "administer")
      return c.json({ items: await tokens.listTokens(organization) })
    },
  )

  addRoute(
    app,
    createRoute({
      method: "post",
      path: "/tokens",
      summary: "Create a token",
      request: { body: jsonBody(newTokenSchema) },
      responses: answers(201, "the token and its secret", createdTokenSchema, ...withBody(404)),
    }),
    async (c) => {
      const access = new Access(c)
      const { secret = newTokenSecret(site.random), ...token } = c.req.valid("json")
      if (token.organization === null) access.server("administer")
      else access.organization(token.organization, "administer")
      const created = await tokens.createToken({ ...token, secret }, changeOf(c, site))
      return c.json({ token: created, secret }, 201)
    },
  )

  addRoute(
    app,
    createRoute({
      method: "delete",
      path: "/tokens/{id}",
      summary: "Revoke a token: it is good for nothing from then on",
      request: { params: z.strictObject({ id: z.coerce.number().int().positive() }) },
      responses: answers(200, "the token that was revoked", tokenSchema, 404, 412),
    }),
    async (c) => {
      const access = new Access(c)
      const scope = access.scope()
      if (scope === null) access.server("administer")
      else access.organization(scope, "administer")
      const { id } = c.req.valid("param")
      const known = await tokens.listTokens(scope)
      const token = known.find((one) => one.id === id)
      if (token === undefined) throw tokenNotFound(id)
      requireMatch(c, `token ${id}`, token)
      return c.json(await tokens.revokeToken(id, changeOf(c, site)))
    },
  )
}
