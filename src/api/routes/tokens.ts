import { createRoute, z } from "@hono/zod-openapi"
import {
  createdTokenSchema,
  newTokenSchema,
  principalSchema,
  tokenSchema,
  tokensQuery,
  tokensSchema,
} from "../token.ts"
import { answers, jsonBody, withBody } from "./describe-route.ts"

export const showPrincipal = createRoute({
  method: "get",
  path: "/principal",
  summary: "Say who the secret belongs to",
  responses: answers(200, "a token without its secret, or a device", principalSchema),
})

export const listTokens = createRoute({
  method: "get",
  path: "/tokens",
  summary: "List tokens, in order of creation",
  request: { query: tokensQuery },
  responses: answers(200, "the tokens that are good", tokensSchema, 404),
})

export const createToken = createRoute({
  method: "post",
  path: "/tokens",
  summary: "Create a token",
  request: { body: jsonBody(newTokenSchema) },
  responses: answers(201, "the token and its secret", createdTokenSchema, ...withBody(404)),
})

export const revokeToken = createRoute({
  method: "delete",
  path: "/tokens/{id}",
  summary: "Revoke a token: it is good for nothing from then on",
  request: { params: z.strictObject({ id: z.coerce.number().int().positive() }) },
  responses: answers(200, "the token that was revoked", tokenSchema, 404, 412),
})
