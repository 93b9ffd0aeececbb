import { findFleetRelease, parseFleetRelease } from "../../operations/find-release.ts"
import { withContext } from "../environment.ts"
import { type NamedRelease, printMeant } from "../named-release.ts"
import type { PreviewedOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { policyOfFleet, printDryRun, printTargetChange } from "../target-view.ts"
import { argument } from "../usage-error.ts"

export async function fleetPin(
  name: string,
  release: string | undefined,
  options: PreviewedOptions & NamedRelease,
): Promise<void> {
  const { fleet: slug, version } = argument(() => parseFleetRelease(name, release, options.version))
  const { dryRun = false } = options
  await withContext(options, async (context) => {
    const { fleets } = context
    if (version === undefined) {
      const fleet = await fleets.getFleet(slug)
      printResult(
        options,
        { fleet: slug, pin: fleet.pin },
        `${slug} ${fleet.pin === null ? "" : "is "}${policyOfFleet(fleet)}\n`,
      )
      return
    }
    const found = await findFleetRelease(context, slug, version)
    const { fleet, target } = await fleets.pinFleet(slug, found.id, { ...context.change(), preview: dryRun })
    const text = `${printDryRun(options)}${printMeant(version, found)}pinned ${slug} to ${fleet.pin?.version}\n${printTargetChange(slug, target)}`
    printResult(options, { fleet: slug, pin: fleet.pin, target, ...(dryRun && { dryRun }) }, text)
  })
}
