import { randomBytes } from "node:crypto"
import { newDeviceKey } from "../../fleet/secret.ts"
import { organizationOf } from "../../fleet/slug.ts"
import { checkDeviceText, findDevice } from "../../operations/find-device.ts"
import { nameOf } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

export async function deviceRotateKey(text: string, options: CommonOptions): Promise<void> {
  argument(() => checkDeviceText(text))
  await withContext(options, async (context) => {
    const { uuid, fleet } = await findDevice(context, text)
    const key = newDeviceKey(randomBytes)
    const change = { ...context.change(), organization: organizationOf(fleet) }
    const device = await context.fleets.rotateDeviceKey(uuid, key, change)
    const told = `${nameOf(device)} has another key, and the one before is good for nothing\n  key  ${key}\n`
    printResult(options, { ...device, key }, `${told}Keep the key for the device: it is shown this once.\n`)
  })
}
