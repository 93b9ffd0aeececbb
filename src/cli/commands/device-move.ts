import { parseFleetSlug } from "../../fleet/slug.ts"
import { findDeviceName, parseDeviceName } from "../../operations/find-device.ts"
import { findFleetRelease } from "../../operations/find-release.ts"
import { policyLine } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  pin?: string
}

export async function deviceMove(text: string, name: string, options: Options): Promise<void> {
  const fleet = argument(() => parseFleetSlug(name))
  argument(() => parseDeviceName(text))
  await withContext(options, async (context) => {
    const { uuid, organization } = await findDeviceName(context, text)
    const pin =
      options.pin === undefined ? undefined : (await findFleetRelease(context, fleet, options.pin)).id
    const device = await context.fleets.moveDevice(uuid, fleet, { ...context.change(), organization, pin })
    printResult(options, device, `moved to ${fleet}\n${policyLine(device)}`)
  })
}
