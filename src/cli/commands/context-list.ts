import { chosenContext, readContexts } from "../contexts.ts"
import { printTable } from "../format.ts"
import { HOME_CONTEXT, homePath } from "../home-path.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"

export async function contextList(options: CommonOptions): Promise<void> {
  const known = await readContexts()
  const chosen = chosenContext(known)
  const all = [
    { name: HOME_CONTEXT, place: homePath() },
    ...Object.entries(known.contexts).map(([name, { server }]) => ({ name, place: server })),
  ].map((context) => ({ ...context, isCurrent: context.name === chosen }))
  const rows = all.map(({ name, place, isCurrent }) => [isCurrent ? "*" : "", name, place])
  printResult(options, all, printTable([["", "CONTEXT", "PLACE"], ...rows]))
}
