import { createRoute } from "@hono/zod-openapi"
import { sessionSchema, signInCodeSchema, signInSchema } from "../session.ts"
import { answers, answersNothing, jsonBody, withBody } from "./describe-route.ts"

export const signIn = createRoute({
  method: "post",
  path: "/session",
  summary: "Sign a browser in: the answer sets the cookie of a new session",
  security: [],
  request: { body: jsonBody(signInSchema) },
  responses: answers(200, "who is signed in", sessionSchema, ...withBody()),
})

export const showSession = createRoute({
  method: "get",
  path: "/session",
  summary: "Say who is signed in",
  security: [{ session: [] }],
  responses: answers(200, "who is signed in", sessionSchema),
})

export const signOut = createRoute({
  method: "delete",
  path: "/session",
  summary: "Sign out: the session ends",
  security: [{ session: [] }],
  responses: answersNothing("the session has ended"),
})

export const signOutEverywhere = createRoute({
  method: "delete",
  path: "/sessions",
  summary: "Sign out everywhere: all sessions of the token end, and its codes are good for nothing",
  responses: answersNothing("the sessions have ended"),
})

export const createSignInCode = createRoute({
  method: "post",
  path: "/sign-in-codes",
  summary: "Make a code that signs a browser in once, within 5 minutes",
  responses: answers(201, "the code", signInCodeSchema),
})
