import type { FleetEvent } from "../../fleet/fleet-event.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { movesTarget } from "../../fleet/target-change.ts"
import { withContext } from "../environment.ts"
import { plural, printTable } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { versionOf } from "../target-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  limit?: number
}

export async function fleetHistory(name: string, options: Options): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  await withContext(options, async ({ fleets }) => {
    const events = await fleets.listEvents(slug, { limit: options.limit })
    const rows = events.map((event) => [
      event.at.replace("T", " ").slice(0, 19),
      event.actor,
      event.action,
      describe(event),
    ])
    printResult(options, events, printTable([["WHEN (UTC)", "WHO", "WHAT", "ABOUT"], ...rows]))
  })
}

function describe({ action, release, target, device, otherFleet, values }: FleetEvent): string {
  const parts = []
  if (device !== null) parts.push(`device ${device}`)
  if (release !== null) parts.push(`${release.version} (${release.commit.slice(0, 12)})`)
  for (const { of, before, after } of values) parts.push(`${of} ${before ?? "–"} → ${after ?? "–"}`)
  if (otherFleet !== null) parts.push(`${action === "device.join" ? "from" : "to"} ${otherFleet}`)
  if (target !== null && movesTarget(target)) {
    const followers = plural(target.devices.tracking, "device", "devices")
    parts.push(`target ${versionOf(target.before)} → ${versionOf(target.after)} for ${followers}`)
  }
  return parts.join(", ")
}
