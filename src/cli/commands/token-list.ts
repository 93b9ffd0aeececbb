import { printTable } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { type PlaceOptions, withPlace } from "../token-place.ts"

interface Options extends CommonOptions, PlaceOptions {
  organization?: string
}

export async function tokenList(options: Options): Promise<void> {
  await withPlace(options, async ({ access }) => {
    const tokens = await access.listTokens(options.organization ?? null)
    const rows = tokens.map(({ id, name, role, organization, createdAt }) => [
      String(id),
      name,
      role,
      organization ?? "all",
      createdAt,
    ])
    const header = ["ID", "NAME", "ROLE", "ORGANIZATION", "CREATED"]
    printResult(options, tokens, rows.length === 0 ? "there are no tokens\n" : printTable([header, ...rows]))
  })
}
