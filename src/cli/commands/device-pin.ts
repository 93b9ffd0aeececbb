import { checkDeviceTexts } from "../../operations/find-device.ts"
import { findFleetRelease, onlyName, parseFleetRelease } from "../../operations/find-release.ts"
import { policyLine } from "../device-view.ts"
import { withContext } from "../environment.ts"
import { type NamedRelease, printMeant } from "../named-release.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import {
  type NamedDevices,
  printMatch,
  readConditions,
  readDevices,
  selectDevices,
  type TagOptions,
} from "../selected-devices.ts"
import { argument } from "../usage-error.ts"

type Options = CommonOptions & NamedRelease & TagOptions

export async function devicePin(text: string, release: string | undefined, options: Options): Promise<void> {
  const { named, version } = argument(() => readArguments(text, release, options))
  await withContext(options, async (context) => {
    if (version === undefined) {
      const devices = await readDevices(context, named)
      printResult(options, devices, printMatch(named, devices) + devices.map(policyLine).join(""))
      return
    }
    const { devices, fleet, organization } = await selectDevices(context, named)
    // Where they are of several fleets, the one that the release is not of is refused, and with it all.
    const found = await findFleetRelease(context, fleet, version)
    const pinned = await context.fleets.pinDevices(devices, found.id, { ...context.change(), organization })
    const lines = [printMatch(named, pinned), printMeant(version, found), ...pinned.map(policyLine)]
    printResult(options, pinned, lines.join(""))
  })
}

function readArguments(
  text: string,
  release: string | undefined,
  { version, ...options }: Options,
): { named: NamedDevices; version: string | undefined } {
  const where = readConditions(options)
  if (where === undefined) {
    checkDeviceTexts(text)
    return { named: text, version: onlyName(release, version) }
  }
  const { fleet, version: given } = parseFleetRelease(text, release, version)
  return { named: { fleet, where }, version: given }
}
