import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { type PlaceOptions, withPlace } from "../token-place.ts"
import { UsageError } from "../usage-error.ts"

export async function tokenRevoke(text: string, options: CommonOptions & PlaceOptions): Promise<void> {
  const id = Number(text)
  if (!/^[1-9][0-9]{0,14}$/.test(text)) {
    throw new UsageError("INVALID_TOKEN", `"${text.slice(0, 80)}" is not the id of a token`, {
      hint: "`waybill token list` shows the ids",
    })
  }
  await withPlace(options, async (context) => {
    const token = await context.access.revokeToken(id, context.change())
    printResult(options, { revoked: token }, `revoked token ${token.id}, ${token.name}\n`)
  })
}
