import { readFile } from "node:fs/promises"
import type { HttpOptions } from "../server/http-server.ts"
import type { ListenOptions } from "./options.ts"
import { UsageError } from "./usage-error.ts"

/** Parses where to listen. */
function parseAddress(text: string): { host: string; port: number } {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text)
  const port = Number(found?.[3])
  const host = found?.[1] ?? found?.[2]
  if (host !== undefined && port <= 65_535) return { host, port }
  throw new UsageError("INVALID_ADDRESS", `"${text.slice(0, 80)}" is not an address to listen at`, {
    hint: "write it as 127.0.0.1:8080 or [::1]:8080",
  })
}

/** Reads where and how to listen. */
export async function listenOptions(options: ListenOptions): Promise<HttpOptions> {
  return {
    listen: parseAddress(options.listen),
    tls: await readTls(options),
    plainHttp: options.plainHttp,
    hostNames: options.hostName,
    limits: { connections: options.maxConnections },
  }
}

/** Reads a certificate and its key, where there are some. */
async function readTls({ tlsCert, tlsKey }: ListenOptions) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError("USAGE", "a certificate goes with its key", {
      hint: "give both --tls-cert and --tls-key",
    })
  }
  return { cert: await readFile(tlsCert), key: await readFile(tlsKey) }
}
