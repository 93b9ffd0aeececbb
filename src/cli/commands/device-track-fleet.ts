import { commonOrganization, findDevices, parseDeviceNames } from "../../operations/find-device.ts"
import { policyLine } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

export async function deviceTrackFleet(uuids: string, options: CommonOptions): Promise<void> {
  argument(() => parseDeviceNames(uuids))
  await withContext(options, async (context) => {
    const devices = await findDevices(context, uuids)
    const tracking = await context.fleets.trackFleet(
      devices.map(({ uuid }) => uuid),
      { ...context.change(), organization: commonOrganization(devices) },
    )
    printResult(options, tracking, tracking.map(policyLine).join(""))
  })
}
