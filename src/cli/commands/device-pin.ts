import { commonOrganization, findDevices, parseDeviceNames } from "../../operations/find-device.ts"
import { findFleetRelease } from "../../operations/find-release.ts"
import { policyLine } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

export async function devicePin(
  uuids: string,
  release: string | undefined,
  options: CommonOptions,
): Promise<void> {
  argument(() => parseDeviceNames(uuids))
  await withContext(options, async (context) => {
    const devices = await findDevices(context, uuids)
    if (release === undefined) {
      printResult(options, devices, devices.map(policyLine).join(""))
      return
    }
    // Where they are of several fleets, the one that the release is not of is refused, and with it all.
    const [first] = devices
    if (first === undefined) return
    const { id } = await findFleetRelease(context, first.fleet, release)
    const pinned = await context.fleets.pinDevices(
      devices.map(({ uuid }) => uuid),
      id,
      { ...context.change(), organization: commonOrganization(devices) },
    )
    printResult(options, pinned, pinned.map(policyLine).join(""))
  })
}
