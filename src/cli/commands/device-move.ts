import { parseFleetSlug } from "../../fleet/slug.ts"
import { checkDeviceTexts, commonOrganization, findDevices } from "../../operations/find-device.ts"
import { findFleetRelease } from "../../operations/find-release.ts"
import { policyLine } from "../device-view.ts"
import { withContext } from "../environment.ts"
import { printMeant } from "../named-release.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  pin?: string
}

export async function deviceMove(text: string, name: string, options: Options): Promise<void> {
  const fleet = argument(() => parseFleetSlug(name))
  argument(() => checkDeviceTexts(text))
  await withContext(options, async (context) => {
    const devices = await findDevices(context, text)
    const { pin } = options
    const release = pin === undefined ? undefined : await findFleetRelease(context, fleet, pin)
    const moved = await context.fleets.moveDevices(
      devices.map(({ uuid }) => uuid),
      fleet,
      { ...context.change(), organization: commonOrganization(devices), pin: release?.id },
    )
    const meant = release === undefined ? "" : printMeant(pin, release)
    printResult(options, moved, `${meant}moved to ${fleet}\n${moved.map(policyLine).join("")}`)
  })
}
