import type { MiddlewareHandler } from "hono"
import { routePath } from "hono/route"
import { redact } from "../errors/redact.ts"
import type { Env, RequestContext } from "./app.ts"
import type { Metrics } from "./metrics.ts"

/** One line of the log, to be written as JSON. */
export type LogLine = Record<string, string | number | null>

const ID_BYTES = 9

interface Options {
  log: (line: LogLine) => void
  metrics: Metrics
  now: () => Date
  random: (size: number) => Uint8Array
}

/** Gives each request an id, and writes a line about it when it is answered. Queries and headers are left out. */
export function requestLog({ log, metrics, now, random }: Options): MiddlewareHandler<Env> {
  return async (c, next) => {
    const id = Buffer.from(random(ID_BYTES)).toString("base64url")
    c.set("requestId", id)
    c.header("x-request-id", id)
    c.header("x-content-type-options", "nosniff")
    c.header("cache-control", "no-store")
    const started = performance.now()
    metrics.running.inc()
    try {
      await next()
    } finally {
      metrics.running.dec()
    }
    const milliseconds = performance.now() - started
    const { method, path } = c.req
    const { status } = c.res
    const route = status === 404 || status === 405 ? "unknown" : routePath(c, -1)
    metrics.requests.observe({ method, route, status }, milliseconds / 1000)
    log({
      time: now().toISOString(),
      level: status >= 500 ? "error" : "info",
      id,
      method,
      path: redact(path.slice(0, 1000)),
      status,
      ms: Math.round(milliseconds * 10) / 10,
      ...describeCaller(c),
      ...describeFailure(c.get("failure"), status),
    })
  }
}

function describeCaller(c: RequestContext): LogLine {
  const address = c.env.incoming.socket.remoteAddress ?? null
  const principal: Env["Variables"]["principal"] | undefined = c.get("principal")
  if (principal === undefined) return { address }
  if (principal.kind === "device") {
    return { address, actor: `device ${principal.uuid}`, organization: principal.organization }
  }
  return { address, actor: principal.token.name, organization: principal.token.organization }
}

function describeFailure(failure: unknown, status: number): LogLine {
  if (failure === undefined || !(failure instanceof Error)) return {}
  if (status < 500) return { error: redact(failure.message.slice(0, 1000)) }
  const cause = failure.cause instanceof Error ? `\ncaused by ${failure.cause.stack}` : ""
  return { error: redact(`${failure.stack ?? failure.message}${cause}`.slice(0, 8000)) }
}
