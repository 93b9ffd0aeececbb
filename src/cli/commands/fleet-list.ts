import { withContext } from "../environment.ts"
import { printTable } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { versionOf } from "../target-view.ts"

export async function fleetList(options: CommonOptions): Promise<void> {
  await withContext(options, async (context) => {
    const fleets = await context.fleets.listFleets()
    const rows = fleets.map(({ slug, class: kind, registry, pin, target }) => [
      slug,
      kind,
      versionOf(target),
      pin === null ? "Tracking latest" : "Pinned",
      registry ?? "the content store",
    ])
    const header = ["FLEET", "CLASS", "TARGET RELEASE", "RELEASE POLICY", "IMAGES IN"]
    const text =
      rows.length === 0
        ? "there are no fleets; create one with `waybill fleet create org/name`\n"
        : printTable([header, ...rows])
    printResult(options, fleets, text)
  })
}
