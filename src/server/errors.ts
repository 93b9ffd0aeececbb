import { HTTPException } from "hono/http-exception"
import { ApiError } from "../api/api-error.ts"
import { PROBLEM_TYPE, problemOf } from "../api/problem.ts"
import type { App, RequestContext } from "./app.ts"
import { CLIENT_GONE } from "./request-log.ts"
import { RETRY_AFTER } from "./retry-after.ts"
import { TooManyFailures } from "./too-many-failures.ts"

/** Answers every error with a problem document (RFC 9457), and remembers it for the log. */
export function answerErrors(app: App): void {
  app.onError((error, c) => {
    const { incoming } = c.env
    // It broke off in the middle of its body: nobody is left to answer, and nothing failed here.
    if (incoming.destroyed && !incoming.complete) return c.body(null, CLIENT_GONE as 400)
    const known = error instanceof HTTPException ? explain(error) : error
    c.set("failure", known)
    return answerProblem(c, known)
  })
  app.notFound((c) => {
    const allowed = methodsOf(app, c.req.path)
    if (allowed.length === 0) {
      return answerProblem(
        c,
        new ApiError("NOT_FOUND", "there is nothing at this path", {
          hint: "/api/v1/openapi.json lists what there is",
        }),
      )
    }
    c.header("allow", allowed.join(", "))
    return answerProblem(c, new ApiError("METHOD_NOT_ALLOWED", `this path takes ${allowed.join(", ")}`))
  })
}

function answerProblem(c: RequestContext, error: unknown): Response {
  const problem = problemOf(error)
  c.header("content-type", PROBLEM_TYPE)
  if (error instanceof TooManyFailures) c.header("retry-after", String(error.seconds))
  else if (problem.status === 503 || problem.status === 429) c.header("retry-after", RETRY_AFTER)
  return c.newResponse(JSON.stringify(problem), problem.status as 500)
}

/** What hono itself refuses: a body that is no JSON. */
function explain(error: HTTPException): Error {
  if (error.status >= 500) return error
  return new ApiError("INVALID_REQUEST", "the body is not valid JSON", { cause: error })
}

function methodsOf(app: App, path: string): string[] {
  const methods = app.routes
    .filter((route) => route.method !== "ALL" && matches(route.path, path))
    .map((route) => route.method)
  return [...new Set(methods)].toSorted()
}

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split("/")
  const words = path.split("/")
  return (
    parts.length === words.length && parts.every((part, at) => part.startsWith(":") || part === words[at])
  )
}
