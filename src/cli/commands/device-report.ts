import { parseCommit } from "../../fleet/commit.ts"
import { checkDeviceText, findDeviceName } from "../../operations/find-device.ts"
import { nameOf } from "../device-view.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { versionOf } from "../target-view.ts"
import { argument } from "../usage-error.ts"

export async function deviceReport(text: string, release: string, options: CommonOptions): Promise<void> {
  const commit = release === "none" ? null : argument(() => parseCommit(release))
  argument(() => checkDeviceText(text))
  await withContext(options, async (context) => {
    const { uuid, organization } = await findDeviceName(context, text)
    const device = await context.fleets.reportRelease(uuid, commit, { now: context.now(), organization })
    printResult(options, device, `${nameOf(device)} runs ${versionOf(device.current)}\n`)
  })
}
