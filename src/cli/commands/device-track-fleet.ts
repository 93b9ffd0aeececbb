import { parseFleetSlug } from "../../fleet/slug.ts"
import { checkDeviceTexts } from "../../operations/find-device.ts"
import { policyLine } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import {
  type NamedDevices,
  printMatch,
  readConditions,
  selectDevices,
  type TagOptions,
} from "../selected-devices.ts"
import { argument } from "../usage-error.ts"

export async function deviceTrackFleet(text: string, options: CommonOptions & TagOptions): Promise<void> {
  const named = argument(() => readArgument(text, options))
  await withContext(options, async (context) => {
    const { devices, organization } = await selectDevices(context, named)
    const tracking = await context.fleets.trackFleet(devices, { ...context.change(), organization })
    printResult(options, tracking, printMatch(named, tracking) + tracking.map(policyLine).join(""))
  })
}

function readArgument(text: string, options: TagOptions): NamedDevices {
  const where = readConditions(options)
  if (where !== undefined) return { fleet: parseFleetSlug(text), where }
  checkDeviceTexts(text)
  return text
}
