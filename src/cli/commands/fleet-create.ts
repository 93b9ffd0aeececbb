import { checkNewFleet, parseFleetClass } from "../../fleet/fleet.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { registryWarnings } from "../../operations/fleet-registry.ts"
import { withContext } from "../environment.ts"
import type { RegistryOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"
import { publicSentence } from "../public-view.ts"
import { imagesOf } from "../registry-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends RegistryOptions {
  class: string
  registry?: string
  public?: boolean
  check: boolean
}

export async function fleetCreate(name: string, options: Options, signal: AbortSignal): Promise<void> {
  const fleet = argument(() => {
    const wanted = {
      slug: parseFleetSlug(name),
      class: parseFleetClass(options.class),
      registry: options.registry,
      isPublic: options.public,
    }
    checkNewFleet(wanted)
    return wanted
  })
  await withContext(options, async (context) => {
    const { slug, registry } = fleet
    // A site may well have no registry yet: that is said, and the fleet is made. It is asked before, for that can take
    // long, and whoever breaks off then has no fleet.
    const warnings =
      registry === undefined
        ? []
        : await registryWarnings(context, { slug, registry }, { check: options.check, signal })
    const created = await context.fleets.createFleet(fleet, context.change({ signal }))
    for (const warning of warnings) warn(warning)
    const appended = registry === undefined ? "" : ` (${slug} is appended to the registry)`
    const text = `created ${created.class} ${slug}; its images are kept in ${imagesOf(created)}${appended}\n`
    const json = { ...created, repository: registry === undefined ? null : imagesOf(created), warnings }
    printResult(options, json, created.isPublic ? `${text}${publicSentence(created)}\n` : text)
  })
}
