import { randomBytes } from "node:crypto"
import { checkNewToken, parseRole } from "../../fleet/access.ts"
import { newTokenSecret } from "../../fleet/secret.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
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
    const of = token.organization ?? "all organizations"
    const text = `created token ${token.id}, ${token.name}: ${token.role} of ${of}\n${wanted.secret}\nKeep it: it is shown this once.\n`
    printResult(options, { ...token, secret: wanted.secret }, text)
  })
}
