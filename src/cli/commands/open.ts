import { WaybillError } from "../../errors/waybill-error.ts"
import { openBrowser } from "../browser.ts"
import { closing } from "../closing.ts"
import { connectTo, findServer } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult, say } from "../output.ts"
import { signInLink } from "../sign-in-link.ts"

interface Options extends CommonOptions {
  browser: boolean
}

/** Signs a browser in on the server of a context. */
export async function open(options: Options, signal: AbortSignal): Promise<void> {
  const server = await findServer(options)
  if (server === undefined) {
    throw new WaybillError("NO_SERVER", "this works in the home on this machine, which no browser reaches", {
      hint: "`waybill serve` serves it, and prints a link on its first start; then `waybill context create` names that server",
    })
  }
  await closing(await connectTo(server), async (remote) => {
    const { code, expiresAt } = await remote.createSignInCode({ signal })
    const link = signInLink(server.server, code)
    printResult(options, { link, expiresAt }, `${link}\n`)
    const isOpened = options.browser && !options.json && (await openBrowser(link))
    if (options.quiet) return
    say(
      `${isOpened ? "opened in the browser" : "open this in a browser"}: it signs in once, within 5 minutes\n`,
    )
  })
}
