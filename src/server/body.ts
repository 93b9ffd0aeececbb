import type { MiddlewareHandler } from "hono"
import { bodyLimit } from "hono/body-limit"
import { ApiError } from "../api/api-error.ts"
import type { Env } from "./app.ts"

/** Of a request's body, in bytes: a composition of a million characters and everything around it. */
const MAX_BODY = 5 * 1024 * 1024

export const limitBody: MiddlewareHandler<Env> = bodyLimit({
  maxSize: MAX_BODY,
  onError() {
    throw new ApiError("BODY_TOO_LARGE", `the body has more than ${MAX_BODY} bytes`)
  },
})

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
