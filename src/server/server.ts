import { once } from "node:events"
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { getRequestListener } from "@hono/node-server"
import type { Token } from "../fleet/access.ts"
import { newTokenSecret, type Random } from "../fleet/secret.ts"
import type { Home } from "../operations/home.ts"
import { makeApi } from "./api.ts"
import { Callers } from "./callers.ts"
import { ChangeStreams } from "./change-streams.ts"
import { FleetRegistry } from "./fleet-registry.ts"
import { type HttpOptions, limitsOf, type RunningServer, startHttp } from "./http-server.ts"
import { bringsBundle } from "./incoming-bytes.ts"
import type { Limits } from "./limits.ts"
import { loggedHandler } from "./logged-handler.ts"
import { LoginLimit } from "./login-limit.ts"
import { Metrics } from "./metrics.ts"
import { BodyBudget } from "./registry/body-budget.ts"
import { watchIdle } from "./registry/idle-watch.ts"
import { registryHandler } from "./registry/registry-handler.ts"
import { isRegistryPath } from "./registry/route.ts"
import { BufferBudget } from "./registry/send-buffers.ts"
import { inTurn } from "./registry/turns.ts"
import { LOGIN_PATH, registryLogin } from "./registry-login.ts"
import { RegistryTokens } from "./registry-tokens.ts"
import { type LogLine, RequestLog } from "./request-log.ts"

export interface ServerOptions extends HttpOptions {
  /** What is served. The caller closes it when the server has stopped. */
  home: Home
  random: Random
  /** The version of this Waybill, for the API's description. */
  version: string
  /** Folder of the built dashboard, which is then served at `/`. Default: none. */
  dashboard?: string | undefined
  /** Gets a line for each request. Default: none is written. */
  log?: ((line: LogLine) => void) | undefined
  /** Of the administrator's token that the first start on a database makes. Default: made at random. */
  firstSecret?: string | undefined
  /** Gets the secret of the administrator's token that the first start on a database makes: nobody gets it again. */
  onFirstToken?: ((secret: string, token: Token) => void) | undefined
}

/**
 * Serves a home to a team and to its devices. Throws a `ServerError` when it cannot listen as asked, before any
 * token is made.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { home, random, log = () => undefined, hostNames = [] } = options
  const metrics = new Metrics()
  const requests = new RequestLog({ log, metrics, now: home.now, random })
  let isStopping = false
  const callers = new Callers({
    home,
    limit: new LoginLimit(() => home.now().getTime()),
    onFailure: () => metrics.failedLogins.inc(),
    isTls: options.tls !== undefined,
  })
  const streams = new ChangeStreams({
    feed: home.database.changes,
    now: home.now,
    limits: limitsOf(options),
  })
  const answer = answerAll(options, { metrics, requests, callers, streams, isStopping: () => isStopping })
  const ready = Promise.withResolvers<void>()
  let isReady = false
  // Whoever knows the first token already must not be refused for coming before it is recorded.
  const answerReady: RequestListener = (incoming, outgoing) => {
    if (isReady) answer(incoming, outgoing)
    else void ready.promise.then(() => answer(incoming, outgoing))
  }
  // Whatever is not public takes a secret, which no browser sends by itself to a page that came by another name; and
  // what name a proxy has, only whoever runs it knows.
  const server = await startHttp(options, {
    answer: answerReady,
    requests,
    isBoundToNames: hostNames.length > 0,
  })
  try {
    await createFirstToken(options)
  } catch (error) {
    ready.resolve()
    await server.stop()
    throw error
  }
  isReady = true
  ready.resolve()
  return {
    ...server,
    async stop() {
      isStopping = true
      await streams.end()
      await server.stop()
      await callers.settled()
    },
  }
}

interface Watch {
  metrics: Metrics
  requests: RequestLog
  callers: Callers
  streams: ChangeStreams
  isStopping: () => boolean
}

/** Sends each request to the API or to the registry. */
function answerAll(
  options: ServerOptions,
  { metrics, requests, callers, streams, isStopping }: Watch,
): RequestListener {
  const { home, random, version, dashboard } = options
  const limits = limitsOf(options)
  const now = () => home.now().getTime()
  const tokens = new RegistryTokens(random, now)
  const access = new FleetRegistry({ home, tokens, callers })
  const bodies = new BodyBudget()
  const terms = { idleTimeout: limits.idle, bodyTimeout: limits.body, bodies, buffers: new BufferBudget() }
  const registry = loggedHandler(requests, registryHandler({ access, terms }))
  const login = loggedHandler(requests, registryLogin(access, tokens, { now: home.now, terms }))
  const api = getRequestListener(
    makeApi({
      home,
      random,
      version,
      dashboard,
      requests,
      metrics,
      callers,
      streams,
      terms,
      limits,
      isStopping,
    }).fetch,
  )
  return (incoming, outgoing) => {
    const url = incoming.url ?? ""
    if (isRegistryPath(url)) return void registry(incoming, outgoing)
    limitTime(incoming, outgoing, limits)
    if (url.split("?")[0] === LOGIN_PATH) return void login(incoming, outgoing)
    void inTurn(incoming.socket, async () => {
      if (incoming.socket.destroyed) return
      await api(incoming, outgoing)
      // A connection that breaks ends it as well.
      if (!outgoing.closed) await once(outgoing, "close").catch(() => undefined)
    })
  }
}

/**
 * Bodies and answers of the API are small: who takes long to send one, or does not take the other, only holds a
 * connection. A bundle that is sent is not, and has its limit where it is read.
 */
function limitTime(incoming: IncomingMessage, outgoing: ServerResponse, { body, idle }: Limits): void {
  const timer = setTimeout(() => {
    if (!incoming.complete && !bringsBundle(incoming)) incoming.socket.destroy()
  }, body)
  // Until something is there to be taken nobody is to blame but this server: of an answer that comes bit by bit, too.
  const endWatch = watchIdle(
    incoming.socket,
    idle,
    () => outgoing.writableEnded || outgoing.writableLength > 0,
  )
  outgoing.once("close", () => {
    clearTimeout(timer)
    endWatch()
  })
}

async function createFirstToken({ home, random, firstSecret, onFirstToken }: ServerOptions): Promise<void> {
  const secret = firstSecret ?? newTokenSecret(random)
  const token = { name: "administrator", organization: null, role: "admin", secret } as const
  const created = await home.database.access.createFirstToken(token, home.change())
  if (created !== undefined) onFirstToken?.(secret, created)
}
