import { parseFleetSlug } from "../../fleet/slug.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { printChange, watchTarget } from "../target-view.ts"
import { argument } from "../usage-error.ts"

export async function fleetTrackLatest(name: string, options: CommonOptions): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  await withContext(options, async (context) => {
    const { change } = await watchTarget(context, slug, () =>
      context.fleets.trackLatest(slug, context.change()),
    )
    printResult(
      options,
      { ...change, pin: null },
      `${slug} tracks its latest release\n${printChange(change)}`,
    )
  })
}
