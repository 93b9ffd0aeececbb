import { rawVersion } from "../../fleet/version.ts"
import {
  composeFile,
  type DeviceTargetDocument,
  deviceTargetDocument,
} from "../../operations/device-target.ts"
import { checkDeviceText, findDeviceName } from "../../operations/find-device.ts"
import { withContext } from "../environment.ts"
import { printTable } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { releaseJson } from "../release-view.ts"
import { argument, UsageError } from "../usage-error.ts"

interface Options extends CommonOptions {
  format?: string
}

export async function deviceTarget(text: string, options: Options): Promise<void> {
  argument(() => checkDeviceText(text))
  if (options.json && options.format === "compose") {
    throw new UsageError("USAGE", "--json and --format compose both want standard output", {
      hint: "leave one of them out",
    })
  }
  await withContext(options, async (context) => {
    const { uuid, organization } = await findDeviceName(context, text)
    const target = await context.fleets.getTarget(uuid, { organization })
    const document = deviceTargetDocument(target, context.ownRegistry)
    if (options.format === "compose") {
      process.stdout.write(composeFile(document))
      return
    }
    const json = { ...document, release: document.release && releaseJson(document.release) }
    printResult({ ...options, json: options.json || options.format === "json" }, json, describe(document))
  })
}

function describe({ uuid, fleet, release, isPinned, images }: DeviceTargetDocument): string {
  if (release === null) return `${uuid} has nothing to run: ${fleet} has no release\n`
  const policy = isPinned ? "which it is pinned to" : "which its fleet deploys"
  const rows = Object.entries(images).map(([name, image]) => [`  ${name}`, image ?? "in no registry"])
  return `${uuid} should run ${fleet} ${rawVersion(release)}, ${policy}\n${printTable(rows)}`
}
