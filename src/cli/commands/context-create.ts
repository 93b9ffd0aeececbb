import { resolve } from "node:path"
import { closing } from "../closing.ts"
import { type Contexts, changeContexts, checkContextName, readContexts } from "../contexts.ts"
import { connectTo } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { printPrincipal } from "../principal-view.ts"
import { readSecret } from "../standard-input.ts"
import { UsageError } from "../usage-error.ts"

interface Options extends CommonOptions {
  server: string
  token: string
  caFile?: string
  plainHttp?: boolean
}

export async function contextCreate(name: string, options: Options, signal: AbortSignal): Promise<void> {
  checkContextName(name)
  checkIsFree(name, await readContexts())
  const { server, caFile, plainHttp } = options
  const token = options.token === "-" ? await readSecret() : options.token
  const context = {
    server,
    token,
    ...(caFile !== undefined && { caFile: resolve(caFile) }),
    ...(plainHttp && { plainHttp }),
  }
  await closing(await connectTo(context), async (remote) => {
    const principal = await remote.principal({ signal })
    await changeContexts(signal, (present) => {
      checkIsFree(name, present)
      return { ...present, contexts: { ...present.contexts, [name]: context } }
    })
    const text = `created ${name}: ${server}, as ${printPrincipal(principal)}\n`
    printResult(options, { name, server, principal }, text)
  })
}

function checkIsFree(name: string, { contexts }: Contexts): void {
  if (!Object.hasOwn(contexts, name)) return
  throw new UsageError("CONTEXT_EXISTS", `there is a context ${name} already`, {
    hint: `choose another name, or \`waybill context rm ${name}\` first`,
  })
}
