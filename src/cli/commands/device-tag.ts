import { checkTagChanges, parseDeviceTag, type TagChanges } from "../../fleet/device-tags.ts"
import { checkDeviceTexts, commonOrganization, findDevices } from "../../operations/find-device.ts"
import { nameOf, printTags } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { argument } from "../usage-error.ts"

/** Sets tags of devices. */
export async function deviceTag(
  text: string,
  tags: readonly string[],
  options: CommonOptions,
): Promise<void> {
  const parsed = argument(() => tags.map(parseDeviceTag))
  await changeTags(text, Object.fromEntries(parsed.map(({ key, value }) => [key, value])), options)
}

/** Takes tags of devices away. */
export async function deviceUntag(
  text: string,
  keys: readonly string[],
  options: CommonOptions,
): Promise<void> {
  await changeTags(text, Object.fromEntries(keys.map((key) => [key, null])), options)
}

async function changeTags(text: string, changes: TagChanges, options: CommonOptions): Promise<void> {
  argument(() => checkDeviceTexts(text))
  argument(() => checkTagChanges(changes))
  await withContext(options, async (context) => {
    const found = await findDevices(context, text)
    const devices = await context.fleets.tagDevices(
      found.map(({ uuid }) => uuid),
      changes,
      { ...context.change(), organization: commonOrganization(found) },
    )
    const lines = devices.map((device) => `${nameOf(device)}: ${printTags(device) || "no tags"}\n`)
    printResult(options, devices, lines.join(""))
  })
}
