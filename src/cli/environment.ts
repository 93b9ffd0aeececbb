import { readFile } from "node:fs/promises"
import { homedir, hostname, userInfo } from "node:os"
import { isAbsolute, join } from "node:path"
import type { Context } from "../operations/context.ts"
import type { RegistryClientOptions } from "../registry/registry-client.ts"
import { systemClock } from "../system-clock.ts"
import type { TransferOptions } from "./options.ts"

/** Where an embedded home lies: `WAYBILL_HOME`, else the user's data folder. */
function homePath(): string {
  const { WAYBILL_HOME, XDG_DATA_HOME, LOCALAPPDATA } = process.env
  if (WAYBILL_HOME) return WAYBILL_HOME
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support", "waybill")
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "waybill")
  const data = XDG_DATA_HOME && isAbsolute(XDG_DATA_HOME) ? XDG_DATA_HOME : join(homedir(), ".local", "share")
  return join(data, "waybill")
}

/** Who works here, for the history. */
function userAtHost(): string {
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

/** Opens the context that the environment names, does the work in it, and closes it. */
export async function withContext<Result>(
  options: Partial<TransferOptions>,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  const { openHome } = await import("../operations/home.ts")
  const tls = await readTlsFiles(options)
  const context = await openHome({
    path: homePath(),
    clock: systemClock,
    actor: userAtHost(),
    registry: () => registryOptions(options, tls),
  })
  try {
    return await work(context)
  } finally {
    await context.close()
  }
}

/** Read before anything begins: a file that is not there is a wrong command line, whether a registry is asked or not. */
async function readTlsFiles({ caFile, certFile, keyFile }: Partial<TransferOptions>) {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFile(file))
  return { ca: await read(caFile), cert: await read(certFile), key: await read(keyFile) }
}

async function registryOptions(
  options: Partial<TransferOptions>,
  tls: RegistryClientOptions["tls"],
): Promise<Omit<RegistryClientOptions, "clock">> {
  const { loadCredentials } = await import("../registry/load-credentials.ts")
  const env = process.env
  return {
    credentials: loadCredentials({
      registryAuthFile: env.REGISTRY_AUTH_FILE,
      xdgRuntimeDir: env.XDG_RUNTIME_DIR,
      dockerConfig: env.DOCKER_CONFIG,
      home: homedir(),
      helperEnvironment: env,
    }),
    plainHttp: options.plainHttp,
    tls,
    proxy: {
      httpProxy: env.http_proxy ?? env.HTTP_PROXY,
      httpsProxy: env.https_proxy ?? env.HTTPS_PROXY,
      noProxy: env.no_proxy ?? env.NO_PROXY,
    },
    userAgent: "waybill",
  }
}
