import { withContext } from "../environment.ts"
import { printTable } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"

export async function fleetList(options: CommonOptions): Promise<void> {
  await withContext({}, async (context) => {
    const fleets = await context.fleets.listFleets()
    const rows = fleets.map(({ slug, class: kind, registry }) => [
      slug,
      kind,
      registry ?? "the content store",
    ])
    const text =
      rows.length === 0
        ? "there are no fleets; create one with `waybill fleet create org/name`\n"
        : printTable([["FLEET", "CLASS", "IMAGES IN"], ...rows])
    printResult(options, fleets, text)
  })
}
