import { parseCommit } from "../../fleet/commit.ts"
import { checkTags } from "../../fleet/release-limits.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { parseVersion, rawVersion } from "../../fleet/version.ts"
import { parsePlatform } from "../../oci/platform.ts"
import { createRelease } from "../../operations/create-release.ts"
import { projectFolder } from "../../operations/read-compose-files.ts"
import { chooseComposeFiles } from "../compose-sources.ts"
import { withContext } from "../environment.ts"
import { keptState } from "../kept-state.ts"
import type { TransferOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"
import { showProgress } from "../progress.ts"
import { releaseJson, releaseText } from "../release-view.ts"
import { printTargetChange } from "../target-view.ts"
import { argument } from "../usage-error.ts"

interface Options extends TransferOptions {
  file?: string[]
  version?: string
  variant?: string
  commit?: string
  tag?: Record<string, string>
  note?: string
  draft?: boolean
  platform?: string
  recordFailure?: boolean
}

/** Where the commit of a release comes from, as the answer says it. */
const COMMIT_SOURCES = {
  given: "",
  checkout: "its commit is that of the git checkout\n",
  content: "its commit is made from its content\n",
} as const

interface Commit {
  commit: string | undefined
  source: keyof typeof COMMIT_SOURCES
}

export async function releaseCreate(name: string, options: Options, signal: AbortSignal): Promise<void> {
  const { commit: given, platform } = options
  const fleet = argument(() => parseFleetSlug(name))
  const asked = given === undefined ? undefined : argument(() => parseCommit(given))
  argument(() => parseVersion(options.version, options.variant))
  argument(() => checkTags(options.tag ?? {}))
  const onlyPlatform = platform !== undefined ? argument(() => parsePlatform(platform)) : undefined
  const compose = await chooseComposeFiles(options.file, process.env.COMPOSE_FILE)
  for (const warning of compose.warnings) warn(warning)
  const { commit, source } = await commitOf(asked, projectFolder(compose.sources), signal)
  const request = {
    fleet,
    composeFile: compose.sources,
    environment: process.env,
    version: options.version,
    variant: options.variant,
    commit,
    tags: options.tag,
    note: options.note,
    isDraft: options.draft,
    platform: onlyPlatform,
    recordFailure: options.recordFailure,
  }
  await withContext(options, async (context) => {
    const progress = showProgress("taking in", options)
    const { onTransfer } = progress
    const onService = (service: string, image: string) => progress.note(`${service}: ${image}`)
    const recorded = await createRelease(context, request, {
      signal,
      onTransfer,
      onService,
      concurrency: options.concurrency,
    }).finally(progress.stop)
    const { release, target, wasThere } = recorded
    const warnings = [...keptState(recorded, request.isDraft ?? false), ...recorded.warnings]
    for (const warning of warnings) warn(warning)
    const created = `${release.fleet} ${rawVersion(release)}`
    const lines = [
      wasThere ? `${created} is there already, nothing changed\n` : `created ${created}\n`,
      releaseText(release),
      `taken from ${compose.names.map((file) => (file === "-" ? "standard input" : file)).join(", ")}\n`,
      COMMIT_SOURCES[source],
      printTargetChange(release.fleet, target),
    ]
    printResult(
      options,
      {
        ...releaseJson(release),
        target,
        wasThere,
        composeFiles: compose.names,
        commitSource: source,
        warnings: [...compose.warnings, ...warnings],
      },
      lines.join(""),
    )
  })
}

async function commitOf(commit: string | undefined, folder: string, signal: AbortSignal): Promise<Commit> {
  if (commit !== undefined) return { commit, source: "given" }
  const { findCheckout } = await import("../git-checkout.ts")
  const checkout = await findCheckout(folder, process.env, signal)
  if (checkout === undefined) return { commit: undefined, source: "content" }
  if (checkout.isDirty) {
    warn(
      `the checkout has changes that are not in commit ${checkout.commit.slice(0, 12)}, which the release is given`,
    )
  }
  return { commit: checkout.commit, source: "checkout" }
}
