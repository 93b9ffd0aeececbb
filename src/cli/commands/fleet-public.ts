import { parseFleetSlug } from "../../fleet/slug.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { publicSentence } from "../public-view.ts"
import { argument } from "../usage-error.ts"

/** Marks a fleet public, or takes that back. */
export async function fleetPublic(name: string, isPublic: boolean, options: CommonOptions): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  await withContext(options, async (context) => {
    const fleet = await context.fleets.setPublic(slug, isPublic, context.change())
    printResult(options, fleet, `${publicSentence(fleet)}\n`)
  })
}
