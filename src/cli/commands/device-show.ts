import { checkDeviceText, findDevice } from "../../operations/find-device.ts"
import { deviceText, nameOf } from "../device-view.ts"
import { withContext } from "../environment.ts"
import { styled } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

export async function deviceShow(uuid: string, options: CommonOptions): Promise<void> {
  argument(() => checkDeviceText(uuid))
  await withContext(options, async (context) => {
    const device = await findDevice(context, uuid)
    printResult(options, device, `${styled("bold", nameOf(device))}\n${deviceText(device)}`)
  })
}
