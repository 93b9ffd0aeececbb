import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { openServed } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { warn } from "../output.ts"
import { packageVersion } from "../package-version.ts"
import { UsageError } from "../usage-error.ts"

interface Options extends CommonOptions {
  listen: string
  database?: string
  tlsCert?: string
  tlsKey?: string
  plainHttp?: boolean
}

export async function serve(options: Options, signal: AbortSignal): Promise<void> {
  const listen = parseAddress(options.listen)
  const tls = await readTls(options)
  const { startServer } = await import("../../server/server.ts")
  const home = await openServed(options.database)
  try {
    const server = await startServer({
      home,
      random: randomBytes,
      version: packageVersion(),
      listen,
      tls,
      plainHttp: options.plainHttp,
      log: (line) => {
        if (!options.quiet) process.stderr.write(`${JSON.stringify(line)}\n`)
      },
      onFirstToken: announceToken,
    })
    process.stderr.write(`listening on ${server.url}\n`)
    if (server.isInsecure) warn("tokens travel in the clear: there is no TLS between here and whoever asks")
    if (!signal.aborted) await once(signal, "abort")
    await server.stop()
  } finally {
    await home.close()
  }
}

/** On standard output alone, so that it can be kept where no log goes. */
function announceToken(secret: string): void {
  process.stderr.write("the administrator's token, which is shown this once:\n")
  process.stdout.write(`${secret}\n`)
}

function parseAddress(text: string): { host: string; port: number } {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text)
  const port = Number(found?.[3])
  const host = found?.[1] ?? found?.[2]
  if (host !== undefined && port <= 65_535) return { host, port }
  throw new UsageError("INVALID_ADDRESS", `"${text.slice(0, 80)}" is not an address to listen at`, {
    hint: "write it as 127.0.0.1:8080 or [::1]:8080",
  })
}

async function readTls({ tlsCert, tlsKey }: Options) {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError("USAGE", "a certificate goes with its key", {
      hint: "give both --tls-cert and --tls-key",
    })
  }
  return { cert: await readFile(tlsCert), key: await readFile(tlsKey) }
}
