import { parseFleetSlug } from "../../fleet/slug.ts"
import { rawVersion } from "../../fleet/version.ts"
import { withContext } from "../environment.ts"
import { plural, printTable, styled } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { publicWords } from "../public-view.ts"
import { imagesOf } from "../registry-view.ts"
import { summaryJson } from "../release-view.ts"
import { policyOfFleet, versionOf } from "../target-view.ts"
import { argument } from "../usage-error.ts"

export async function fleetShow(name: string, options: CommonOptions): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  await withContext(options, async ({ fleets }) => {
    const fleet = await fleets.getFleet(slug)
    const latest = await fleets.latestRelease(slug)
    const devices = await fleets.countDevices(slug)
    const followers = plural(devices.tracking, "device follows", "devices follow")
    const rows = [
      ["  class", fleet.class],
      ["  images", imagesOf(fleet)],
      ["  public", publicWords(fleet)],
      ["  created", fleet.createdAt],
      ["  latest", latest ? `${rawVersion(latest)}  ${latest.commit}` : "none"],
      ["  release policy", policyOfFleet(fleet)],
      ["  target release", versionOf(fleet.target)],
      ["  devices", `${followers} it, ${plural(devices.pinned, "is", "are")} pinned`],
    ]
    const json = { ...fleet, latest: latest ? summaryJson(latest) : null, devices }
    printResult(options, json, `${styled("bold", fleet.slug)}\n${printTable(rows)}`)
  })
}
