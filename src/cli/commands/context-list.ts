import { readContexts } from "../contexts.ts"
import { printTable } from "../format.ts"
import { HOME_CONTEXT, homePath } from "../home-path.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"

export async function contextList(options: CommonOptions): Promise<void> {
  const { current, contexts } = await readContexts()
  const all = [
    { name: HOME_CONTEXT, place: homePath() },
    ...Object.entries(contexts).map(([name, { server }]) => ({ name, place: server })),
  ].map((context) => ({ ...context, isCurrent: context.name === current }))
  const rows = all.map(({ name, place, isCurrent }) => [isCurrent ? "*" : "", name, place])
  printResult(options, all, printTable([["", "CONTEXT", "PLACE"], ...rows]))
}
