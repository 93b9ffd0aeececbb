import { parseFleetSlug } from "../../fleet/slug.ts"
import { withContext } from "../environment.ts"
import type { PreviewedOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { printDryRun, printTargetChange } from "../target-view.ts"
import { argument } from "../usage-error.ts"

export async function fleetTrackLatest(name: string, options: PreviewedOptions): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  const { dryRun = false } = options
  await withContext(options, async (context) => {
    const { target } = await context.fleets.trackLatest(slug, { ...context.change(), preview: dryRun })
    const text = printDryRun(options) + printTargetChange(slug, target)
    printResult(options, { fleet: slug, pin: null, target, ...(dryRun && { dryRun }) }, text)
  })
}
