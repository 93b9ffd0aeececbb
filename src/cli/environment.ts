import { readFile } from "node:fs/promises"
import { homedir } from "node:os"
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

/** Opens the context that the environment names, does the work in it, and closes it. */
export async function withContext<Result>(
  options: Partial<TransferOptions>,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  const { openHome } = await import("../operations/home.ts")
  const context = await openHome({
    path: homePath(),
    clock: systemClock,
    registry: () => registryOptions(options),
  })
  try {
    return await work(context)
  } finally {
    await context.close()
  }
}

async function registryOptions(
  options: Partial<TransferOptions>,
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
    tls: {
      ca: options.caFile && (await readFile(options.caFile)),
      cert: options.certFile && (await readFile(options.certFile)),
      key: options.keyFile && (await readFile(options.keyFile)),
    },
    proxy: {
      httpProxy: env.http_proxy ?? env.HTTP_PROXY,
      httpsProxy: env.https_proxy ?? env.HTTPS_PROXY,
      noProxy: env.no_proxy ?? env.NO_PROXY,
    },
    userAgent: "waybill",
  }
}
