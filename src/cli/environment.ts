import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { homedir, hostname, userInfo } from "node:os"
import { join } from "node:path"
import type { ConnectOptions, RemoteContext } from "../client/connect.ts"
import type { Context } from "../operations/context.ts"
import type { Home, HomeOptions } from "../operations/home.ts"
import type { CredentialSources } from "../registry/load-credentials.ts"
import type { RegistryClientOptions } from "../registry/registry-client.ts"
import { systemClock } from "../system-clock.ts"
import { closing } from "./closing.ts"
import type { ServerContext } from "./contexts.ts"
import { CONTEXTS_FILE, HOME_CONTEXT, homePath } from "./home-path.ts"
import { interruption } from "./interruption.ts"
import { lockTimeout } from "./lock-timeout.ts"
import type { TransferOptions } from "./options.ts"
import { warn } from "./output.ts"

/** Who works here, for the history. */
export function userAtHost(): string {
  return `${userName()}@${hostname()}`
}

/** An account without a name, as containers have them, is its number. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.() ?? "unknown"}`
  }
}

/** Opens the context that the command line, the environment or the user has chosen, does the work in it, and closes it. */
export async function withContext<Result>(
  options: Partial<TransferOptions>,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  const registry = await registriesOf(options)
  const leastRate = { bytesPerSecond: options.minRate }
  const server = await findServer(options)
  const { signal } = interruption
  const context = await (server === undefined
    ? openEmbedded({ registry, signal })
    : connectTo(server, { registry, leastRate, signal }))
  return closing(context, work)
}

/** The server that the command line, the environment or the user has chosen; `undefined` for the home of this machine. */
export async function findServer(options: { context?: string }): Promise<ServerContext | undefined> {
  const name = options.context ?? (process.env.WAYBILL_CONTEXT || undefined)
  return name === HOME_CONTEXT ? undefined : chosenServer(name)
}

/**
 * Opens the home on this machine, with the PostgreSQL database that is given or that the environment names, as a server
 * of this machine has it; else with its own.
 */
export async function openEmbedded(
  options: Pick<HomeOptions, "registry" | "database" | "signal">,
): Promise<Home> {
  const { openHome } = await import("../operations/home.ts")
  const database = options.database ?? (process.env.WAYBILL_DATABASE || undefined)
  return openHome({
    ...options,
    database,
    lockTimeout: lockTimeout(),
    path: homePath(),
    clock: systemClock,
    actor: userAtHost(),
    onNotice: warn,
  })
}

/** Opens a server. What the user's certificate authority is, its context says. */
export async function connectTo(
  { server, token, caFile, plainHttp }: ServerContext,
  { registry, leastRate, signal }: Pick<ConnectOptions, "registry" | "leastRate" | "signal"> = {},
): Promise<RemoteContext> {
  const { connect } = await import("../client/connect.ts")
  const ca = caFile === undefined ? undefined : await readFile(caFile)
  return connect({
    url: server,
    token,
    plainHttp,
    clock: systemClock,
    registry,
    tls: ca && { ca },
    proxy: proxyOptions(),
    leastRate,
    signal,
    userAgent: "waybill",
  })
}

/** Without a file of contexts there is the home alone, and nothing of this is loaded. */
async function chosenServer(name: string | undefined): Promise<ServerContext | undefined> {
  if (name === undefined && !existsSync(join(homePath(), CONTEXTS_FILE))) return undefined
  const { findContext, readContexts } = await import("./contexts.ts")
  const contexts = await readContexts()
  const server = findContext(contexts, name ?? contexts.current)
  if (server === undefined) return undefined
  // Tokens are in there.
  const { prepareHome } = await import("../operations/home-folder.ts")
  await prepareHome(homePath(), warn)
  return server
}

/** Read before anything begins: a file that is not there is a wrong command line, whether a registry is asked or not. */
async function readTlsFiles({ caFile, certFile, keyFile }: Partial<TransferOptions>) {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFile(file))
  return { ca: await read(caFile), cert: await read(certFile), key: await read(keyFile) }
}

/** What a client of registries is made with. A file of certificates that is not there is a wrong command line. */
export async function registriesOf(
  options: Partial<TransferOptions>,
): Promise<() => ReturnType<typeof registryOptions>> {
  const tls = await readTlsFiles(options)
  return () => registryOptions(options, tls)
}

async function registryOptions(
  options: Partial<TransferOptions>,
  tls: RegistryClientOptions["tls"],
): Promise<Omit<RegistryClientOptions, "clock">> {
  const { loadCredentials } = await import("../registry/load-credentials.ts")
  return {
    credentials: loadCredentials(credentialSources()),
    plainHttp: options.plainHttp,
    leastRate: { bytesPerSecond: options.minRate },
    tls,
    proxy: proxyOptions(),
    userAgent: "waybill",
  }
}

/** Where `docker login` and `podman login` leave what they are told. */
export function credentialSources(): CredentialSources {
  const env = process.env
  return {
    registryAuthFile: env.REGISTRY_AUTH_FILE,
    xdgRuntimeDir: env.XDG_RUNTIME_DIR,
    dockerConfig: env.DOCKER_CONFIG,
    home: homedir(),
    helperEnvironment: env,
  }
}

function proxyOptions() {
  const env = process.env
  return {
    httpProxy: env.http_proxy ?? env.HTTP_PROXY,
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY,
    noProxy: env.no_proxy ?? env.NO_PROXY,
  }
}
