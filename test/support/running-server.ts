import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { type Home, type HomeOptions, openHome } from "../../src/operations/home.ts"
import type { RunningServer } from "../../src/server/http-server.ts"
import type { LogLine } from "../../src/server/request-log.ts"
import { type ServerOptions, startServer } from "../../src/server/server.ts"
import { systemClock } from "../../src/system-clock.ts"
import { temporaryFolder } from "./temporary-folder.ts"

export interface TestServer extends RunningServer {
  home: Home
  /** Of the administrator. */
  token: string
  lines: LogLine[]
  /** Folder of its home. */
  homePath: string
}

type Options = Partial<
  Pick<ServerOptions, "tls" | "listen" | "plainHttp" | "limits" | "hostNames" | "dashboard">
> & {
  /** Of the server's clock, which stands still. Default: the system's clock. */
  now?: Date
  /** The server's clock, in milliseconds since 1970, in place of `now`. */
  clock?: () => number
  /** `postgres://…`. Default: SQLite in a new home. */
  database?: string
  /** See `HomeOptions`. */
  lockTimeout?: number
  /** See `HomeOptions`. */
  registry?: HomeOptions["registry"]
}

/** Runs a server on a new home until the test ends. */
export async function runServer(options: Options = {}): Promise<TestServer> {
  const server = await startTestServer(options)
  onTestFinished(() => server.stop())
  return server
}

/** The same for the caller to stop, which closes the home too. */
export async function startTestServer({
  now,
  clock: time = now && (() => now.getTime()),
  database,
  lockTimeout,
  registry,
  ...options
}: Options = {}): Promise<TestServer> {
  const homePath = join(await temporaryFolder(), "home")
  const clock = time ? { ...systemClock, now: time } : systemClock
  const home = await openHome({ path: homePath, clock, database, lockTimeout, registry, actor: "tester" })
  const lines: LogLine[] = []
  let token = ""
  const server = await startServer({
    home,
    random: randomBytes,
    version: "0.0.0",
    listen: { host: "127.0.0.1", port: 0 },
    log: (line) => lines.push(line),
    onFirstToken(secret) {
      token = secret
    },
    ...options,
  })
  return {
    ...server,
    home,
    token,
    lines,
    homePath,
    async stop() {
      await server.stop()
      await home.close()
    },
  }
}
