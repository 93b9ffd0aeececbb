import type { z } from "zod"
import { releaseContentSchema } from "../api/release-content.ts"
import { signInCodeSchema } from "../api/session.ts"
import { principalSchema } from "../api/token.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Principal } from "../fleet/access.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { parseDeviceKey, parseTokenSecret } from "../fleet/secret.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { isLoopback } from "../http/loopback.ts"
import { Transport, type TransportOptions } from "../http/transport.ts"
import { closeAll } from "../operations/close-all.ts"
import type { Context, FleetContent } from "../operations/context.ts"
import { openRegistries, type RegistryAccess, registryContent } from "../operations/registries.ts"
import { accessCalls } from "./access-calls.ts"
import { bundleCalls } from "./bundle-calls.ts"
import { ClientError } from "./client-error.ts"
import { deviceCalls } from "./device-calls.ts"
import { fleetCalls } from "./fleet-calls.ts"
import { OwnRepository } from "./own-repository.ts"
import { releasePath } from "./paths.ts"
import { releaseCalls } from "./release-calls.ts"
import { ServerConnection } from "./server-connection.ts"

/** Until an answer begins, in milliseconds. */
const ANSWER_TIMEOUT = 60_000

export interface ConnectOptions
  extends RegistryAccess,
    Pick<TransportOptions, "tls" | "proxy" | "timeouts" | "leastRate" | "userAgent"> {
  /** `https://host[:port][/path]` of a Waybill server; `http` on loopback alone, unless `plainHttp`. */
  url: string
  /** A token's secret; a device's key reaches that device's target and report alone. */
  token: string
  /** Lets the token travel in the clear to other machines. Default `false`. */
  plainHttp?: boolean | undefined
  /** Ends every question, and each change that names no signal of its own. Default: none. */
  signal?: AbortSignal | undefined
}

/** What a server says of itself. */
export interface ServerAbout {
  version: string
  /** Its clock, where it tells. */
  time: Date | undefined
}

/** A code to sign in with once. */
export type NewSignInCode = z.output<typeof signInCodeSchema>

/** A Waybill server, to work on as on a home of one's own. */
export interface RemoteContext extends Context {
  /** Who the token belongs to. */
  principal(options?: OperationOptions): Promise<Principal>
  /** Makes a code that signs a browser in once, as the token: `/sign-in#code=…` on the server. */
  createSignInCode(options?: OperationOptions): Promise<NewSignInCode>
  /** The server's version and clock; a device's key may not ask. */
  about(options?: OperationOptions): Promise<ServerAbout>
}

/**
 * Opens a Waybill server. Nothing is sent before the first call. What can be done twice is sent again when the
 * connection or the server fails; recording a release carries an idempotency key, so that it can. The server's own
 * clock and the token's name stand in its history. Throws `INVALID_SERVER` for what is no address of one,
 * `INVALID_TOKEN` and `INVALID_DEVICE` for what is no secret, and each call a `ClientError` beside the errors of the
 * domain. The caller closes it.
 */
export async function connect(options: ConnectOptions): Promise<RemoteContext> {
  const { clock } = options
  // Asked of a server, a piece of a secret would only be one that nobody knows.
  const token = (options.token.startsWith("wbd_") ? parseDeviceKey : parseTokenSecret)(options.token)
  const url = parseServerUrl(options.url, options.plainHttp)
  const { answer = ANSWER_TIMEOUT, ...timeouts } = options.timeouts ?? {}
  // A change of policy is a PUT, and no upload that a registry has to move.
  const transport = new Transport({ ...options, timeouts: { answer, upload: answer, ...timeouts } })
  const server = new ServerConnection({ url, token, clock, transport, signal: options.signal })
  const { registries, closeRegistries } = openRegistries(options)
  // The token is the server's alone: no other registry gets to see it.
  const ownStore = openRegistries({
    clock,
    registry: async () => ({
      tls: options.tls,
      proxy: options.proxy,
      timeouts: options.timeouts,
      leastRate: options.leastRate,
      userAgent: options.userAgent,
      plainHttp: url.protocol === "http:",
      credentials: { lookup: async () => ({ username: "waybill", password: token }) },
    }),
  })
  const store = (fleet: FleetSlug) =>
    ownStore.registries().then((client) => new OwnRepository(client.repository(url.host, fleet), clock))
  const now = () => new Date(clock.now())
  return {
    fleets: { ...fleetCalls(server), ...releaseCalls(server), ...deviceCalls(server) },
    access: accessCalls(server),
    principal: ({ signal } = {}) =>
      server.call({ method: "GET", path: "principal", signal }, principalSchema),
    // Not sent again when its answer is lost: nobody would see the first code, and it would be good.
    createSignInCode: ({ signal } = {}) =>
      server.call({ method: "POST", path: "sign-in-codes", signal }, signInCodeSchema),
    about: ({ signal } = {}) => server.about(signal),
    // The server is near its registry, and the only one that has its logins.
    readContent: ({ id }, { signal } = {}) =>
      server.call({ method: "GET", path: `${releasePath(id)}/content`, signal }, releaseContentSchema),
    ownRegistry: url.host,
    relay: bundleCalls(server, store),
    registries,
    contentOf: (fleet) => contentOf(fleet, registries, store),
    now,
    change: ({ signal } = { signal: options.signal }) => ({ now: now(), actor: "client", signal }),
    close: () => closeAll([closeRegistries, ownStore.closeRegistries, () => transport.destroy()]),
  }
}

/** Parses the address of a server. Throws `INVALID_SERVER`. */
function parseServerUrl(text: string, plainHttp = false): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new ClientError("INVALID_SERVER", "that is not the address of a server", {
      hint: "write it as https://host:port, without a user or a password",
    })
  }
  if (url.protocol === "http:" && !plainHttp && !isLoopback(url.hostname)) {
    throw new ClientError("INVALID_SERVER", `${url.host} would get the token in the clear`, {
      hint: "use https://; or --plain-http, if you trust the network between",
    })
  }
  url.search = ""
  url.hash = ""
  if (!url.pathname.endsWith("/")) url.pathname += "/"
  return url
}

async function contentOf(
  fleet: Fleet,
  registries: Parameters<typeof registryContent>[1],
  store: (fleet: FleetSlug) => Promise<FleetContent>,
): Promise<FleetContent> {
  if (fleet.registry === null) return store(fleet.slug)
  return registryContent({ ...fleet, registry: fleet.registry }, registries)
}
