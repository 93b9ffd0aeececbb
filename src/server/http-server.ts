import { once } from "node:events"
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"
import { hostname } from "node:os"
import { Connections } from "./connections.ts"
import { bringsBundle } from "./incoming-bytes.ts"
import { LIMITS, type Limits } from "./limits.ts"
import { createServer, isInsecure, type Listen, listen, refuseInsecure, type Tls, urlOf } from "./listen.ts"
import { loggedHandler } from "./logged-handler.ts"
import { OwnNames } from "./own-names.ts"
import { type Reason, refuse } from "./refusal.ts"
import type { RequestLog } from "./request-log.ts"
import { limitRestOfBody } from "./rest-of-body.ts"

/** Where and to whom a server of any kind answers. */
export interface HttpOptions {
  listen: Listen
  /** Default: plain HTTP, which is refused beyond loopback unless `plainHttp` allows it. */
  tls?: Tls | undefined
  plainHttp?: boolean | undefined
  /** Names of this server that it does not know by itself, as behind a proxy. Default: none. */
  hostNames?: readonly string[] | undefined
  /** Default: `LIMITS`. */
  limits?: Partial<Limits> | undefined
}

export interface RunningServer {
  /** Where it listens. */
  url: string
  /** Whether other machines reach it without TLS. */
  isInsecure: boolean
  /** Takes no new requests, lets those under way finish for at most 10 s, and closes. */
  stop(): Promise<void>
}

interface Work {
  answer: RequestListener
  requests: RequestLog
  /** Whether to answer under the server's own names alone. */
  isBoundToNames: boolean
}

/** How long requests under way may take when a server stops, and how often it looks, in milliseconds. */
const GRACE = 10_000
const SWEEP = 50

export function limitsOf({ limits }: Pick<HttpOptions, "limits">): Limits {
  return { ...LIMITS, ...limits }
}

/** Listens, and hands on each request that may be answered. Throws a `ServerError` when it cannot listen as asked. */
export async function startHttp(options: HttpOptions, work: Work): Promise<RunningServer> {
  const { tls, plainHttp = false, hostNames = [] } = options
  if (!plainHttp) refuseInsecure(options.listen, tls)
  const limits = limitsOf(options)
  // First: it says what is wrong with a certificate, of which the names are read.
  const server = createServer(tls, limits)
  const names = work.isBoundToNames
    ? new OwnNames({ listen: options.listen, tls, hostNames, machine: hostname() })
    : undefined
  const refused = (reason: Reason) =>
    loggedHandler(work.requests, async (incoming, outgoing) => ({
      route: "unknown",
      failure: refuse(reason, incoming, outgoing),
    }))
  const [tooMany, misdirected] = [refused("too many connections"), refused("misdirected")]
  const connections = new Connections(server, limits.connections)
  const receive = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    limitRestOfBody(incoming, outgoing, limits)
    if (connections.isTooMany(incoming.socket)) void tooMany(incoming, outgoing)
    else if (names?.includes(incoming.headers.host) === false) void misdirected(incoming, outgoing)
    else work.answer(incoming, outgoing)
  }
  server.on("request", receive)
  // Whoever may not send a bundle is told so before its gigabytes are on their way.
  server.on("checkContinue", (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (!bringsBundle(incoming)) outgoing.writeContinue()
    receive(incoming, outgoing)
  })
  await listen(server, options.listen)
  return {
    url: urlOf(server, options.listen, tls),
    isInsecure: isInsecure(options.listen, tls),
    stop: stopServer(server, connections),
  }
}

/** Makes what stops a server: once, however often it is called. */
function stopServer(server: Server, connections: Connections): () => Promise<void> {
  let stopping: Promise<void> | undefined
  const stop = async () => {
    const closed = once(server, "close")
    server.close()
    // A connection that is kept alive becomes idle with its last answer, and would stay so.
    const sweep = setInterval(() => connections.closeIdle(), SWEEP)
    const end = setTimeout(() => connections.closeAll(), GRACE)
    await closed
    clearInterval(sweep)
    clearTimeout(end)
  }
  return () => {
    stopping ??= stop()
    return stopping
  }
}
