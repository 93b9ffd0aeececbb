import { randomBytes } from "node:crypto"
import { checkNewDevice, parseDeviceUuid } from "../../fleet/device.ts"
import { newDeviceKey } from "../../fleet/secret.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { deviceText, nameOf } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  uuid?: string
  name?: string
}

const UUID_BYTES = 16

export async function deviceRegister(slug: string, options: Options): Promise<void> {
  const fleet = argument(() => parseFleetSlug(slug))
  const wanted = argument(() => {
    const device = {
      uuid: parseDeviceUuid(options.uuid ?? randomBytes(UUID_BYTES).toString("hex")),
      key: newDeviceKey(randomBytes),
      name: options.name,
    }
    checkNewDevice(device)
    return device
  })
  await withContext(options, async (context) => {
    const device = await context.fleets.registerDevice(fleet, wanted, context.change())
    const text = `registered ${nameOf(device)}\n${deviceText(device)}  key  ${wanted.key}\nKeep the key for the device: it is shown this once.\n`
    printResult(options, { ...device, key: wanted.key }, text)
  })
}
