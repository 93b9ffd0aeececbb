import { rawVersion } from "../../fleet/version.ts"
import { findRelease, parseReleaseSelector } from "../../operations/find-release.ts"
import { withContext } from "../environment.ts"
import { styled } from "../format.ts"
import type { NamedRelease } from "../named-release.ts"
import type { CommonOptions } from "../options.ts"
import { printResult } from "../output.ts"
import { printState, releaseJson, releaseText } from "../release-view.ts"
import { argument } from "../usage-error.ts"

export async function releaseShow(
  name: string,
  version: string | undefined,
  options: CommonOptions & NamedRelease,
): Promise<void> {
  const selector = argument(() => parseReleaseSelector(name, version, options.version))
  await withContext(options, async (context) => {
    const release = await findRelease(context, selector)
    const title = `${release.fleet} ${styled("bold", rawVersion(release))}  ${printState(release)}`
    const times = `  created ${release.createdAt}, recorded ${release.recordedAt}`
    printResult(options, releaseJson(release), `${title}\n${times}\n${releaseText(release)}`)
  })
}
