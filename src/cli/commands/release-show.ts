import { rawVersion } from "../../fleet/version.ts"
import { findRelease, parseReleaseSelector } from "../../operations/find-release.ts"
import { withContext } from "../environment.ts"
import { styled } from "../format.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { printState, releaseJson, releaseText } from "../release-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends CommonOptions {
  version?: string
}

export async function releaseShow(name: string, options: Options): Promise<void> {
  const selector = argument(() => parseReleaseSelector(name, options.version))
  await withContext(options, async (context) => {
    const release = await findRelease(context, selector, "show")
    const title = `${release.fleet} ${styled("bold", rawVersion(release))}  ${printState(release)}`
    const times = `  created ${release.createdAt}, recorded ${release.recordedAt}`
    printResult(options, releaseJson(release), `${title}\n${times}\n${releaseText(release)}`)
  })
}
