import { checkDeviceName } from "../../fleet/device.ts"
import { organizationOf } from "../../fleet/slug.ts"
import { checkDeviceText, findDevice } from "../../operations/find-device.ts"
import { nameOf } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

export async function deviceRename(text: string, name: string, options: CommonOptions): Promise<void> {
  argument(() => checkDeviceText(text))
  argument(() => checkDeviceName(name))
  await withContext(options, async (context) => {
    const { uuid, fleet, name: before } = await findDevice(context, text)
    const change = { ...context.change(), organization: organizationOf(fleet) }
    const device = await context.fleets.renameDevice(uuid, name, change)
    const was = before === null ? "it had no name" : `it was "${before}"`
    printResult(options, device, `${nameOf(device)}: ${before === name ? "that is its name already" : was}\n`)
  })
}
