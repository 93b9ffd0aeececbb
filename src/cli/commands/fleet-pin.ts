import { parseFleetSlug } from "../../fleet/slug.ts"
import { findFleetRelease } from "../../operations/find-release.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { policyOfFleet, printTargetChange } from "../target-view.ts"
import { argument } from "../usage-error.ts"

export async function fleetPin(
  name: string,
  release: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  await withContext(options, async (context) => {
    const { fleets } = context
    if (release === undefined) {
      const fleet = await fleets.getFleet(slug)
      printResult(
        options,
        { fleet: slug, pin: fleet.pin },
        `${slug} ${fleet.pin === null ? "" : "is "}${policyOfFleet(fleet)}\n`,
      )
      return
    }
    await fleets.getFleet(slug)
    const { id } = await findFleetRelease(context, slug, release)
    const { fleet, target } = await fleets.pinFleet(slug, id, context.change())
    const text = `pinned ${slug} to ${fleet.pin?.version}\n${printTargetChange(slug, target)}`
    printResult(options, { fleet: slug, pin: fleet.pin, target }, text)
  })
}
