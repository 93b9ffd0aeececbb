import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { visible } from "../../errors/quote.ts"
import type { Token } from "../../fleet/access.ts"
import { hashSecret, newSignInCode, newTokenSecret } from "../../fleet/secret.ts"
import type { Home } from "../../operations/home.ts"
import { closing } from "../closing.ts"
import { dashboardFolder } from "../dashboard-folder.ts"
import { openEmbedded, registriesOf } from "../environment.ts"
import { listenOptions } from "../listen-options.ts"
import type { ListenOptions } from "../options.ts"
import { say, warn } from "../output.ts"
import { packageVersion } from "../package-version.ts"
import { signInLink } from "../sign-in-link.ts"
import { TokenFile } from "../token-file.ts"

interface Options extends ListenOptions {
  database?: string
  tokenFile?: string
}

export async function serve(options: Options, signal: AbortSignal): Promise<void> {
  const http = await listenOptions(options)
  const { startServer } = await import("../../server/server.ts")
  // With these it reads and brings the images of fleets that keep them in a registry.
  const registry = await registriesOf({})
  await closing(await openEmbedded({ database: options.database, registry }), async (home) => {
    const file = await prepareFile(options.tokenFile)
    let isFirst = false
    let announced: Token | undefined
    const server = await startServer({
      home,
      random: randomBytes,
      version: packageVersion(),
      dashboard: dashboardFolder(),
      ...http,
      log: (line) => {
        if (!options.quiet) process.stderr.write(`${JSON.stringify(line)}\n`)
      },
      firstSecret: file?.secret,
      onFirstToken(secret, token) {
        isFirst = true
        if (file !== undefined) return
        announceToken(secret)
        announced = token
      },
    }).catch(async (error: unknown) => {
      if (file !== undefined && !isFirst) await discardUnknown(file, home)
      throw error
    })
    try {
      if (file !== undefined) await tellOfFile(file, isFirst, home)
      process.stderr.write(`listening on ${server.url}\n`)
      if (announced !== undefined) await announceLink(server.url, announced, home)
      if (server.isInsecure) warn("tokens travel in the clear: there is no TLS between here and whoever asks")
      if (!signal.aborted) await once(signal, "abort")
    } finally {
      // Before the home is closed, which it works in; else it would go on without.
      await server.stop()
    }
  })
}

async function prepareFile(path: string | undefined): Promise<TokenFile | undefined> {
  if (path === undefined) return undefined
  return TokenFile.prepare(path, () => newTokenSecret(randomBytes))
}

/** On standard output alone, so that it can be kept where no log goes. */
function announceToken(secret: string): void {
  process.stderr.write("the administrator's token, which is shown this once:\n")
  process.stdout.write(`${secret}\n`)
}

/** A secret as well, but one that is good once and for minutes: what a log keeps of it opens nothing. */
async function announceLink(url: string, { id }: Token, home: Home): Promise<void> {
  const code = newSignInCode(randomBytes)
  await home.database.sessions.createCode(id, hashSecret(code), { now: home.now() })
  process.stderr.write(`sign in with a browser, once and within 5 minutes: ${signInLink(url, code)}\n`)
}

/** Another server that starts at the same time may have read the file, and recorded its secret. */
async function discardUnknown(file: TokenFile, home: Home): Promise<void> {
  // What cannot be asked for may be known: the file stays, and the next start goes on with it.
  const isKnown = await isTokenOf(file, home).catch(() => true)
  if (!isKnown) await file.discard()
}

async function isTokenOf(file: TokenFile, home: Home): Promise<boolean> {
  return (await home.database.access.authenticate(hashSecret(file.secret))) !== undefined
}

async function tellOfFile(file: TokenFile, isFirst: boolean, home: Home): Promise<void> {
  // Whoever made it, and could not start, may have taken it away before the secret was recorded here.
  if (isFirst && !file.isNew) await TokenFile.prepare(file.path, () => file.secret)
  if (isFirst) return say(`the administrator's token is in ${visible(file.path)}\n`)
  if (await isTokenOf(file, home)) return
  await file.discard()
  const what = file.isNew
    ? `no token is written into ${file.path}`
    : `the token in ${file.path} is good for nothing here`
  warn(`${what}: the first one was made before; \`waybill token create\` in this home makes another`)
}
