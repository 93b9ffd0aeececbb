import { checkNewFleet, parseFleetClass } from "../../fleet/fleet.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { publicSentence } from "../public-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  class: string
  registry?: string
  public?: boolean
}

export async function fleetCreate(name: string, options: Options): Promise<void> {
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
    const created = await context.fleets.createFleet(fleet, context.change())
    const place = created.registry === null ? "the content store" : `${created.registry}/${created.slug}`
    const text = `created ${created.class} ${created.slug}; its images are kept in ${place}\n`
    printResult(options, created, created.isPublic ? `${text}${publicSentence(created)}\n` : text)
  })
}
