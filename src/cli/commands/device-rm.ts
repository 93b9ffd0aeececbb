import { checkDeviceTexts, commonOrganization, findDevices } from "../../operations/find-device.ts"
import { nameOf } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

export async function deviceRm(text: string, options: CommonOptions): Promise<void> {
  argument(() => checkDeviceTexts(text))
  await withContext(options, async (context) => {
    const devices = await findDevices(context, text)
    const removed = devices.map(({ uuid }) => uuid)
    await context.fleets.removeDevices(removed, {
      ...context.change(),
      organization: commonOrganization(devices),
    })
    const lines = devices.map((device) => `removed ${nameOf(device)}; its key is good for nothing now\n`)
    printResult(options, { removed }, lines.join(""))
  })
}
