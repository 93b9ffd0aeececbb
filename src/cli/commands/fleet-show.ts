import { parseFleetSlug } from "../../fleet/slug.ts"
import { rawVersion } from "../../fleet/version.ts"
import { withContext } from "../environment.ts"
import { printTable, styled } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { summaryJson } from "../release-view.ts"
import { argument } from "../usage-error.ts"

export async function fleetShow(name: string, options: CommonOptions): Promise<void> {
  const slug = argument(() => parseFleetSlug(name))
  await withContext({}, async (context) => {
    const fleet = await context.fleets.getFleet(slug)
    const latest = await context.fleets.latestRelease(slug)
    const rows = [
      ["  class", fleet.class],
      ["  images", fleet.registry === null ? "the content store" : `${fleet.registry}/${fleet.slug}`],
      ["  created", fleet.createdAt],
      ["  latest", latest ? `${rawVersion(latest)}  ${latest.commit}` : "none"],
    ]
    const json = { ...fleet, latest: latest ? summaryJson(latest) : null }
    printResult(options, json, `${styled("bold", fleet.slug)}\n${printTable(rows)}`)
  })
}
