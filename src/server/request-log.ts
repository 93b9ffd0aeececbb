import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
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

/** What there is to tell of a request that was answered. */
interface Answered {
  route: string
  status: number
  actor?: LogLine
  failure?: unknown
}

/** Counts requests, and writes a line about each. Queries and headers are left out. */
export class RequestLog {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * Gives the request an id. The function that comes back is called when it is answered; the line is written when the
   * answer has gone out, or cannot any more, and what is said of it is asked for then: it may fail on its way.
   */
  begin(
    { method = "", url = "", socket }: IncomingMessage,
    outgoing: ServerResponse,
  ): {
    id: string
    end: (answered: () => Answered) => void
  } {
    const { log, metrics, now, random } = this.#options
    const id = Buffer.from(random(ID_BYTES)).toString("base64url")
    const started = performance.now()
    const address = socket.remoteAddress ?? null
    metrics.running.inc()
    const sent = untilSent(outgoing, socket)
    const write = ({ route, status, actor, failure }: Answered) => {
      const milliseconds = performance.now() - started
      metrics.running.dec()
      metrics.requests.observe({ method, route, status }, milliseconds / 1000)
      log({
        time: now().toISOString(),
        level: status >= 500 ? "error" : "info",
        id,
        method,
        path: redact((url.split("?")[0] ?? "").slice(0, 1000)),
        status,
        ms: Math.round(milliseconds * 10) / 10,
        address,
        ...actor,
        ...describeFailure(failure, status),
      })
    }
    return {
      id,
      end(read) {
        void sent.then((complete) => {
          const answered = read()
          write(complete || answered.status >= 500 ? answered : { ...answered, status: CLIENT_GONE })
        })
      },
    }
  }
}

/** What became of a request whose client was gone before it had the answer, as nginx has it. */
export const CLIENT_GONE = 499

/** What a raw answer came to. */
export function statusOf({ headersSent, statusCode }: ServerResponse, failure: unknown): number {
  if (!headersSent) return CLIENT_GONE
  // It failed when the answer had begun: the client saw its connection break, whatever the head had said.
  return failure !== undefined && statusCode < 400 ? 500 : statusCode
}

/** Whether all of an answer went out before its connection ended. */
function untilSent(outgoing: ServerResponse, socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    // What is written to a connection that has ended is as good as finished, to Node.
    outgoing.once("finish", () => resolve(!socket.destroyed))
    outgoing.once("close", () => resolve(false))
  })
}

/** The same for the routes of an application. */
export function logRequests(requests: RequestLog): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { id, end } = requests.begin(c.env.incoming, c.env.outgoing)
    c.set("requestId", id)
    c.header("x-request-id", id)
    c.header("x-content-type-options", "nosniff")
    c.header("cache-control", "no-store")
    try {
      await next()
    } finally {
      const { outgoing } = c.env
      const path = routePath(c, -1)
      end(() => {
        const failure = c.get("failure")
        const status = outgoing.headersSent ? statusOf(outgoing, failure) : c.res.status
        const route = status === 404 || status === 405 ? "unknown" : path
        return { route, status, actor: describeCaller(c), failure }
      })
    }
  }
}

function describeCaller(c: RequestContext): LogLine {
  const principal: Env["Variables"]["principal"] | undefined = c.get("principal")
  if (principal === undefined) return {}
  if (principal.kind === "device") {
    return { actor: `device ${principal.uuid}`, organization: principal.organization }
  }
  return { actor: principal.token.name, organization: principal.token.organization }
}

function describeFailure(failure: unknown, status: number): LogLine {
  if (failure === undefined || !(failure instanceof Error)) return {}
  if (status < 500) return { error: redact(failure.message.slice(0, 1000)) }
  const cause = failure.cause instanceof Error ? `\ncaused by ${failure.cause.stack}` : ""
  return { error: redact(`${failure.stack ?? failure.message}${cause}`.slice(0, 8000)) }
}
