import { findDeviceName, parseDeviceName } from "../../operations/find-device.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

export async function deviceRm(text: string, options: CommonOptions): Promise<void> {
  argument(() => parseDeviceName(text))
  await withContext(options, async (context) => {
    const { uuid, organization } = await findDeviceName(context, text)
    await context.fleets.removeDevice(uuid, { ...context.change(), organization })
    printResult(options, { removed: uuid }, `removed ${uuid}; its key is good for nothing now\n`)
  })
}
