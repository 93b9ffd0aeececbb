import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { closing } from "../closing.ts"
import { openEmbedded } from "../environment.ts"
import { listenOptions } from "../listen-options.ts"
import type { ListenOptions } from "../options.ts"
import { warn } from "../output.ts"
import { packageVersion } from "../package-version.ts"

interface Options extends ListenOptions {
  database?: string
}

export async function serve(options: Options, signal: AbortSignal): Promise<void> {
  const http = await listenOptions(options)
  const { startServer } = await import("../../server/server.ts")
  await closing(await openEmbedded({ database: options.database }), async (home) => {
    const server = await startServer({
      home,
      random: randomBytes,
      version: packageVersion(),
      ...http,
      log: (line) => {
        if (!options.quiet) process.stderr.write(`${JSON.stringify(line)}\n`)
      },
      onFirstToken: announceToken,
    })
    process.stderr.write(`listening on ${server.url}\n`)
    if (server.isInsecure) warn("tokens travel in the clear: there is no TLS between here and whoever asks")
    if (!signal.aborted) await once(signal, "abort")
    await server.stop()
  })
}

/** On standard output alone, so that it can be kept where no log goes. */
function announceToken(secret: string): void {
  process.stderr.write("the administrator's token, which is shown this once:\n")
  process.stdout.write(`${secret}\n`)
}
