import { parseFleetSlug } from "../../fleet/slug.ts"
import { deviceTable } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { readConditions, type TagOptions } from "../selected-devices.ts"
import { argument, UsageError } from "../usage-error.ts"

interface Options extends CommonOptions, TagOptions {
  pinned?: boolean
  tracking?: boolean
}

export async function deviceList(name: string | undefined, options: Options): Promise<void> {
  const fleet = name === undefined ? undefined : argument(() => parseFleetSlug(name))
  if (options.pinned && options.tracking) {
    throw new UsageError("USAGE", "a device is pinned or tracking, never both", {
      hint: "leave one of --pinned and --tracking out",
    })
  }
  const policy = options.pinned ? "pinned" : options.tracking ? "tracking" : undefined
  const where = argument(() => readConditions(options))
  await withContext(options, async ({ fleets }) => {
    const devices = await fleets.listDevices({ fleet, policy, where })
    const place = fleet === undefined ? "" : ` of ${fleet}`
    const text =
      devices.length === 0 ? `there are no such devices${place}\n` : deviceTable(devices, fleet === undefined)
    printResult(options, devices, text)
  })
}
