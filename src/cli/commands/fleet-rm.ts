import { parseFleetSlug } from "../../fleet/slug.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  withReleases?: boolean
  withDevices?: boolean
}

export async function fleetRm(name: string, options: Options, signal: AbortSignal): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  const { withReleases, withDevices } = options
  await withContext(options, async (context) => {
    await context.fleets.removeFleet(slug, { ...context.change({ signal }), withReleases, withDevices })
    printResult(options, { removed: slug }, `removed ${slug}\n`)
  })
}
