import type { Principal } from "../../fleet/access.ts"
import { closing } from "../closing.ts"
import { chosenContext, readContexts } from "../contexts.ts"
import { connectTo, findServer, userAtHost } from "../environment.ts"
import { printTable } from "../format.ts"
import { HOME_CONTEXT, homePath } from "../home-path.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"

/** Says where commands work, and as whom. Without a server it asks nothing, and opens nothing. */
export async function whoami(options: CommonOptions, signal: AbortSignal): Promise<void> {
  const server = await findServer(options)
  if (server === undefined) return sayHome(options)
  const context = options.context ?? chosenContext(await readContexts())
  await closing(await connectTo(server), async (remote) => {
    const principal = await remote.principal({ signal })
    const rows = [
      ["context", context],
      ["server", server.server],
      ...rowsOf(principal),
      ["expires", "never: it is good until it is revoked"],
    ]
    printResult(options, { context, server: server.server, principal }, printTable(rows))
  })
}

function sayHome(options: CommonOptions): void {
  const home = homePath()
  const user = userAtHost()
  const rows = [
    ["context", `${HOME_CONTEXT}: no server, the home on this machine`],
    ["home", home],
    ["user", `${user}, as the history of fleets names you`],
    ["role", "none is needed here: whoever may read and write the home may do everything"],
  ]
  printResult(options, { context: HOME_CONTEXT, server: null, home, user }, printTable(rows))
}

function rowsOf(principal: Principal): string[][] {
  if (principal.kind === "device") {
    const { uuid, organization } = principal
    return [
      ["device", uuid],
      ["role", "none: a device's key reaches its own target and report alone"],
      ["organization", organization],
    ]
  }
  const { id, name, role, organization } = principal.token
  return [
    ["token", `${name} (${id})`],
    ["role", role],
    ["organization", organization ?? "all"],
  ]
}
