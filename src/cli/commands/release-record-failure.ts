import { parseCommit } from "../../fleet/commit.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { parseVersion, printVersion } from "../../fleet/version.ts"
import { recordFailure } from "../../operations/record-failure.ts"
import { withContext } from "../environment.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { releaseJson, releaseText } from "../release-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  commit: string
  version?: string
  reason?: string
}

export async function releaseRecordFailure(
  name: string,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const fleet = argument(() => parseFleetSlug(name))
  const commit = argument(() => parseCommit(options.commit))
  const { version, reason } = options
  argument(() => parseVersion(version))
  await withContext(options, async (context) => {
    const { release, wasThere } = await recordFailure(context, { fleet, commit, version, reason }, { signal })
    const failed = `a failed ${printVersion(release.version)} of ${release.fleet}`
    const line = wasThere ? `${failed} is recorded already, nothing changed` : `recorded ${failed}`
    printResult(options, { ...releaseJson(release), wasThere }, `${line}\n${releaseText(release)}`)
  })
}
