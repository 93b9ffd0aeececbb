import { parseFleetSlug } from "../../fleet/slug.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { printTargetChange } from "../target-view.ts"
import { argument } from "../usage-error.ts"

export async function fleetTrackLatest(name: string, options: CommonOptions): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  await withContext(options, async (context) => {
    const { target } = await context.fleets.trackLatest(slug, context.change())
    printResult(options, { fleet: slug, pin: null, target }, printTargetChange(slug, target))
  })
}
