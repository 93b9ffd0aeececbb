import { isFinal } from "../../fleet/release.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { rawVersion } from "../../fleet/version.ts"
import { withContext } from "../environment.ts"
import { printTable } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { printState, summaryJson } from "../release-view.ts"
import { argument } from "../usage-error.ts"

export async function releaseList(name: string, options: CommonOptions): Promise<void> {
  const fleet = argument(() => parseFleetSlug(name))
  await withContext(options, async (context) => {
    const releases = await context.fleets.listReleases(fleet)
    const latest = releases.find((release) => isFinal(release) && !release.isInvalidated)
    const rows = releases.map((release) => [
      rawVersion(release),
      release === latest ? `${printState(release)}, latest` : printState(release),
      release.commit.slice(0, 12),
      release.recordedAt.replace("T", " ").slice(0, 19),
      release.index?.digest ?? release.failureReason ?? "",
    ])
    const header = ["VERSION", "STATUS", "COMMIT", "RECORDED (UTC)", "RELEASE"]
    const text = rows.length === 0 ? `${fleet} has no releases\n` : printTable([header, ...rows])
    printResult(
      options,
      releases.map((release) => ({ ...summaryJson(release), isLatest: release === latest })),
      text,
    )
  })
}
