import { parseCommit } from "../../fleet/commit.ts"
import { checkTags } from "../../fleet/release-limits.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { parseVersion, rawVersion } from "../../fleet/version.ts"
import { parsePlatform } from "../../oci/platform.ts"
import { createRelease } from "../../operations/create-release.ts"
import { withContext } from "../environment.ts"
import type { TransferOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"
import { showProgress } from "../progress.ts"
import { releaseJson, releaseText } from "../release-view.ts"
import { printTargetChange } from "../target-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends TransferOptions {
  file: string
  version?: string
  variant?: string
  commit?: string
  tag?: Record<string, string>
  note?: string
  draft?: boolean
  platform?: string
}

export async function releaseCreate(name: string, options: Options, signal: AbortSignal): Promise<void> {
  const { commit, platform } = options
  const request = {
    fleet: argument(() => parseFleetSlug(name)),
    composeFile: options.file,
    environment: process.env,
    version: options.version,
    variant: options.variant,
    commit: commit === undefined ? undefined : argument(() => parseCommit(commit)),
    tags: options.tag,
    note: options.note,
    isDraft: options.draft,
    platform: platform !== undefined ? argument(() => parsePlatform(platform)) : undefined,
  }
  argument(() => parseVersion(options.version, options.variant))
  argument(() => checkTags(options.tag ?? {}))
  await withContext(options, async (context) => {
    const progress = showProgress("taking in", options)
    const { onTransfer } = progress
    const onService = (service: string, image: string) => progress.note(`${service}: ${image}`)
    const { release, target, warnings } = await createRelease(context, request, {
      signal,
      onTransfer,
      onService,
      concurrency: options.concurrency,
    }).finally(progress.stop)
    for (const warning of warnings) warn(warning)
    printResult(
      options,
      { ...releaseJson(release), target, warnings },
      `created ${release.fleet} ${rawVersion(release)}\n${releaseText(release)}${printTargetChange(release.fleet, target)}`,
    )
  })
}
