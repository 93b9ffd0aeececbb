import { randomBytes } from "node:crypto"
import { visible } from "../../errors/quote.ts"
import { checkNewToken, parseRole } from "../../fleet/access.ts"
import { newTokenSecret } from "../../fleet/secret.ts"
import type { CommonOptions } from "../options.ts"
import { printResult, say } from "../output.ts"
import { type PlaceOptions, withPlace } from "../token-place.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions, PlaceOptions {
  organization?: string
  role: string
}

export async function tokenCreate(name: string, options: Options): Promise<void> {
  const wanted = argument(() => {
    const role = parseRole(options.role)
    const token = {
      name,
      role,
      organization: options.organization ?? null,
      secret: newTokenSecret(randomBytes),
    }
    checkNewToken(token)
    return token
  })
  await withPlace(options, async (context) => {
    const token = await context.access.createToken(wanted, context.change())
    // Whatever goes wrong from here on: the secret is printed, for nobody gets it again.
    printResult(options, { ...token, secret: wanted.secret }, `${wanted.secret}\n`)
    if (options.quiet) return
    const of = token.organization ?? "all organizations"
    say(
      `created token ${token.id}, ${visible(token.name)}: ${token.role} of ${of}\n` +
        "Keep what is printed on standard output: it is shown this once.\n",
    )
  })
}
