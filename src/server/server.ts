import { once } from "node:events"
import { newTokenSecret, type Random } from "../fleet/secret.ts"
import type { Home } from "../operations/home.ts"
import { makeApi } from "./api.ts"
import { Connections } from "./connections.ts"
import { isInsecure, type Listen, listen, refuseInsecure, type Tls, urlOf } from "./listen.ts"
import type { LogLine } from "./request-log.ts"

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

/**
 * Serves a home to a team and to its devices. Throws a `ServerError` when it cannot listen as asked, before any
 * token is made.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { home, random, version, tls, plainHttp = false, log = () => undefined } = options
  if (!plainHttp) refuseInsecure(options.listen, tls)
  let stopping: Promise<void> | undefined
  const app = makeApi({ home, random, version, log, isStopping: () => stopping !== undefined })
  const server = await listen(app, options.listen, tls)
  const connections = new Connections(server)
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
      stopping ??= stop()
      return stopping
    },
  }
}

async function createFirstToken({ home, random, onFirstToken }: ServerOptions): Promise<void> {
  const secret = newTokenSecret(random)
  const token = { name: "administrator", organization: null, role: "admin", secret } as const
  const created = await home.database.access.createFirstToken(token, home.change())
  if (created !== undefined) onFirstToken?.(secret)
}
