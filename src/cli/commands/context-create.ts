import { resolve } from "node:path"
import { ClientError } from "../../client/client-error.ts"
import { visible } from "../../errors/quote.ts"
import { hasCode } from "../../errors/system-error.ts"
import type { Principal } from "../../fleet/access.ts"
import { systemClock } from "../../system-clock.ts"
import { closing } from "../closing.ts"
import {
  type Contexts,
  changeContexts,
  checkContextName,
  readContexts,
  type ServerContext,
} from "../contexts.ts"
import { connectTo } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult, say } from "../output.ts"
import { printPrincipal } from "../principal-view.ts"
import { readSecret } from "../standard-input.ts"
import { parseTime } from "../time.ts"
import { readTokenFile } from "../token-file.ts"
import { UsageError } from "../usage-error.ts"

interface Options extends CommonOptions {
  server: string
  token?: string
  tokenFile?: string
  caFile?: string
  plainHttp?: boolean
  wait: string
}

/** Between two tries, in milliseconds. */
const PAUSE = 200

/** In milliseconds: what a timer can hold. */
const MAX_TIMER = 2 ** 31 - 1

export async function contextCreate(name: string, options: Options, signal: AbortSignal): Promise<void> {
  checkContextName(name)
  const { server, caFile, plainHttp } = options
  const patience = new LimitedWait(
    parseTime(options.wait, "--wait"),
    signal,
    options.quiet ? () => undefined : say,
  )
  const context = {
    server,
    token: await tokenOf(options, patience),
    ...(caFile !== undefined && { caFile: resolve(caFile) }),
    ...(plainHttp && { plainHttp }),
  }
  checkIsFree(name, context, await readContexts())
  const principal = await askWhoThatIs(context, patience)
  let wasThere = false
  await changeContexts(signal, (present) => {
    wasThere = checkIsFree(name, context, present)
    return { ...present, contexts: { ...present.contexts, [name]: context } }
  })
  const done = wasThere ? `${name} is there already` : `created ${name}`
  const text = `${done}: ${server}, as ${printPrincipal(principal)}\n`
  printResult(options, { name, server, principal, wasThere }, text)
}

/** Says whether it is there already, the same. What is another one is not overwritten. */
function checkIsFree(name: string, context: ServerContext, { contexts }: Contexts): boolean {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (found === undefined) return false
  const keys = ["server", "token", "caFile", "plainHttp"] as const
  if (keys.every((key) => found[key] === context[key])) return true
  throw new UsageError("CONTEXT_EXISTS", `there is a context ${name} already, for ${found.server}`, {
    hint: `choose another name, or \`waybill context rm ${name}\` first`,
  })
}

async function tokenOf({ token, tokenFile }: Options, patience: LimitedWait): Promise<string> {
  if (tokenFile !== undefined) {
    // A server that starts at the same time makes it; a shell that redirects a token into it makes it empty before.
    const isMissing = (error: unknown) => hasCode(error, "ENOENT") || hasCode(error, "EMPTY_TOKEN_FILE")
    return patience.until(() => readTokenFile(tokenFile), isMissing, `a token in ${tokenFile}`)
  }
  if (token === undefined) {
    throw new UsageError("USAGE", "a token is missing", {
      hint: "give --token-file FILE, or --token - with the token on standard input",
    })
  }
  return token === "-" ? readSecret() : token
}

async function askWhoThatIs(context: ServerContext, patience: LimitedWait): Promise<Principal> {
  return closing(await connectTo(context), (remote) =>
    patience.until(
      (signal) => remote.principal({ signal }),
      (error) => error instanceof ClientError && error.transient,
      context.server,
    ),
  )
}

/** How long to wait for what another program is about to bring. */
class LimitedWait {
  readonly #end: number
  readonly #wait: number
  readonly #signal: AbortSignal
  readonly #say: (lines: string) => void

  constructor(wait: number, signal: AbortSignal, say: (lines: string) => void) {
    this.#wait = wait
    this.#end = systemClock.now() + wait
    this.#signal = signal
    this.#say = say
  }

  /** Tries until it works or the time is over, and says once what it waits for. */
  async until<Result>(
    attempt: (signal: AbortSignal) => Promise<Result>,
    isNotYet: (error: unknown) => boolean,
    what: string,
  ): Promise<Result> {
    let last: unknown
    for (let tries = 0; ; tries++) {
      const limit = this.#limit()
      try {
        return await attempt(limit === undefined ? this.#signal : AbortSignal.any([this.#signal, limit]))
      } catch (error) {
        this.#signal.throwIfAborted()
        // What went wrong before says more than that the time is over.
        if (limit?.aborted) throw last ?? this.#tooLate(what)
        if (!isNotYet(error)) throw error
        last = error
        if (tries === 0 && this.#wait > 0)
          this.#say(`waiting at most ${this.#wait / 1000} s for ${visible(what)}\n`)
        if (systemClock.now() >= this.#end) throw error
      }
      await systemClock.sleep(PAUSE, this.#signal)
    }
  }

  /** Ends a try when the time is over. Who does not want to wait leaves it to the connection how long that takes. */
  #limit(): AbortSignal | undefined {
    if (this.#wait === 0) return undefined
    return AbortSignal.timeout(Math.max(0, Math.min(this.#end - systemClock.now(), MAX_TIMER)))
  }

  #tooLate(what: string): ClientError {
    return new ClientError(
      "SERVER_UNREACHABLE",
      `there is no answer within ${this.#wait / 1000} s from ${what}`,
      {
        transient: true,
        hint: "check that the server runs and is not overloaded, or wait longer with --wait",
      },
    )
  }
}
