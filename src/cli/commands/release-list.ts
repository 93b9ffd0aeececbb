import { isFinal, type ReleaseStatus, type ReleaseSummary } from "../../fleet/release.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { rawVersion } from "../../fleet/version.ts"
import { withContext } from "../environment.ts"
import { lineWidth, printTable, shortDigest } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { printState, summaryJson } from "../release-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  status?: ReleaseStatus
  limit?: number
  trunc: boolean
}

const HEADER = ["VERSION", "STATUS", "COMMIT", "RECORDED (UTC)", "RELEASE"]

export async function releaseList(name: string, options: Options): Promise<void> {
  const fleet = argument(() => parseFleetSlug(name))
  const { status, limit, trunc } = options
  await withContext(options, async (context) => {
    const releases = await context.fleets.listReleases(fleet, { status, limit })
    // Of those that are left out none is newer, and none but successes is ever latest.
    const latest = releases.find((release) => isFinal(release) && !release.isInvalidated)
    const rows = releases.map((release) => {
      const state = release === latest ? "latest" : printState(release).replace("success, ", "")
      return [rawVersion(release), state, ...rest(release, trunc)]
    })
    const none = `${fleet} has no ${status === undefined ? "releases" : `releases that are ${status}`}\n`
    const table = printTable([HEADER, ...rows], trunc ? lineWidth() : undefined)
    printResult(
      options,
      releases.map((release) => ({ ...summaryJson(release), isLatest: release === latest })),
      rows.length === 0 ? none : table,
    )
  })
}

/** The columns that are short unless they are wanted whole. */
function rest({ commit, recordedAt, index, failureReason }: ReleaseSummary, isShort: boolean): string[] {
  const time = recordedAt.replace("T", " ")
  const reason = failureReason ?? ""
  if (!isShort) return [commit, time.slice(0, 19), index?.digest ?? reason]
  return [commit.slice(0, 8), time.slice(0, 16), index === null ? reason : shortDigest(index.digest)]
}
