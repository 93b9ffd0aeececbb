import { checkNewFleet } from "../../fleet/fleet.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { type RegistryChange, setFleetRegistry } from "../../operations/fleet-registry.ts"
import { withContext } from "../environment.ts"
import { plural } from "../format.ts"
import type { RegistryOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { imagesOf } from "../registry-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends RegistryOptions {
  registry: string
  check: boolean
}

export async function fleetSet(name: string, options: Options, signal: AbortSignal): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  const { registry, check } = options
  argument(() => checkNewFleet({ slug, registry }))
  await withContext(options, async (context) => {
    const change = await setFleetRegistry(context, slug, registry, { check, signal })
    const { fleet, ...done } = change
    printResult(options, { ...fleet, repository: imagesOf(fleet), ...done }, describe(change))
  })
}

function describe({ fleet, before, checked, unchecked, devices }: RegistryChange): string {
  const count = devices.tracking + devices.pinned
  const place = imagesOf(fleet)
  const moved =
    before === fleet.registry
      ? `${fleet.slug} keeps its images in ${place} already: nothing changed\n`
      : `${fleet.slug} keeps its images in ${place} now (${fleet.slug} is appended), and no more in ${imagesOf({ ...fleet, registry: before })}\n` +
        `${plural(count, "device is", "devices are")} told to pull from there at once\n`
  if (checked === undefined)
    return `${moved}not checked: whether it can be reached, and whether any image is there\n`
  const others = unchecked === 0 ? "" : `; ${plural(unchecked, "other release", "other releases")}`
  if (checked.length === 0)
    return `${moved}checked: it answers; nothing has to be there, as no device has a target\n`
  const contents = checked.reduce((sum, release) => sum + release.contents, 0)
  const versions = checked.map(({ version }) => version).join(", ")
  return (
    `${moved}checked: it answers, and has all of what devices are to run, by digest: ${versions} (${plural(contents, "blob", "blobs")})\n` +
    `not checked: the bytes of these${others}\n`
  )
}
