import { once } from "node:events"
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"
import { getRequestListener } from "@hono/node-server"
import { newTokenSecret, type Random } from "../fleet/secret.ts"
import type { Home } from "../operations/home.ts"
import { makeApi } from "./api.ts"
import { Connections } from "./connections.ts"
import { FleetRegistry } from "./fleet-registry.ts"
import { isInsecure, type Listen, listen, refuseInsecure, type Tls, urlOf } from "./listen.ts"
import { loggedHandler } from "./logged-handler.ts"
import { LoginLimit } from "./login-limit.ts"
import { Metrics } from "./metrics.ts"
import { registryHandler } from "./registry/registry-handler.ts"
import { isRegistryPath } from "./registry/route.ts"
import { LOGIN_PATH, registryLogin } from "./registry-login.ts"
import { RegistryTokens } from "./registry-tokens.ts"
import { type LogLine, RequestLog } from "./request-log.ts"

export interface ServerOptions {
  /** What is served. The caller closes it when the server has stopped. */
  home: Home
  random: Random
  /** The version of this Waybill, for the API's description. */
  version: string
  listen: Listen
  /** Default: plain HTTP, which is refused beyond loopback unless `plainHttp` allows it. */
  tls?: Tls | undefined
  plainHttp?: boolean | undefined
  /** Gets a line for each request. Default: none is written. */
  log?: ((line: LogLine) => void) | undefined
  /** Gets the secret of the administrator's token that the first start on a database makes: nobody gets it again. */
  onFirstToken?: ((secret: string) => void) | undefined
}

export interface RunningServer {
  /** Where it listens. */
  url: string
  /** Whether other machines reach it without TLS. */
  isInsecure: boolean
  /** Takes no new requests, lets those under way finish for at most 10 s, and closes. */
  stop(): Promise<void>
}

/** How long requests under way may take when a server stops, and how often it looks, in milliseconds. */
const GRACE = 10_000
const SWEEP = 50
/** Until a body of the API is there, in milliseconds. */
const REQUEST_TIMEOUT = 30_000

/**
 * Serves a home to a team and to its devices. Throws a `ServerError` when it cannot listen as asked, before any
 * token is made.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { tls, plainHttp = false } = options
  if (!plainHttp) refuseInsecure(options.listen, tls)
  let isStopping = false
  const answer = answerAll(options, () => isStopping)
  const server = await listen(answer, options.listen, tls)
  const stop = stopServer(server)
  try {
    await createFirstToken(options)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: urlOf(server, options.listen, tls),
    isInsecure: isInsecure(options.listen, tls),
    stop() {
      isStopping = true
      return stop()
    },
  }
}

/** Makes what stops a server: once, however often it is called. */
export function stopServer(server: Server): () => Promise<void> {
  const connections = new Connections(server)
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

/** Sends each request to the API or to the registry. */
function answerAll(options: ServerOptions, isStopping: () => boolean): RequestListener {
  const { home, random, version, tls, log = () => undefined } = options
  const now = () => home.now().getTime()
  const metrics = new Metrics()
  const requests = new RequestLog({ log, metrics, now: home.now, random })
  const limit = new LoginLimit(now)
  const tokens = new RegistryTokens(random, now)
  const onFailure = () => metrics.failedLogins.inc()
  const access = new FleetRegistry({ home, tokens, limit, onFailure, isTls: tls !== undefined })
  const registry = loggedHandler(requests, registryHandler({ access }))
  const login = loggedHandler(requests, registryLogin(access, tokens, home.now))
  const api = getRequestListener(
    makeApi({ home, random, version, requests, metrics, limit, isStopping }).fetch,
  )
  return (incoming, outgoing) => {
    const url = incoming.url ?? ""
    if (isRegistryPath(url)) return void registry(incoming, outgoing)
    if (url.split("?")[0] === LOGIN_PATH) return void login(incoming, outgoing)
    limitTime(incoming, outgoing)
    void api(incoming, outgoing)
  }
}

/** A body of the API is small: who takes long to send it only holds a connection. */
function limitTime(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const timer = setTimeout(() => {
    if (!incoming.complete) incoming.destroy()
  }, REQUEST_TIMEOUT)
  outgoing.once("close", () => clearTimeout(timer))
}

async function createFirstToken({ home, random, onFirstToken }: ServerOptions): Promise<void> {
  const secret = newTokenSecret(random)
  const token = { name: "administrator", organization: null, role: "admin", secret } as const
  const created = await home.database.access.createFirstToken(token, home.change())
  if (created !== undefined) onFirstToken?.(secret)
}
