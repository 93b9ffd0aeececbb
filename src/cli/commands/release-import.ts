import { isFinal } from "../../fleet/release.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { parseVersion, printVersion, rawVersion } from "../../fleet/version.ts"
import { importRelease } from "../../operations/import-release.ts"
import { withContext } from "../environment.ts"
import { finalizeCommand, keptState } from "../kept-state.ts"
import type { IntegrityOptions, TransferOptions } from "../options.ts"
import { printResult, warn } from "../output.ts"
import { showProgress } from "../progress.ts"
import { releaseJson, releaseText } from "../release-view.ts"
import { withInput } from "../standard-input.ts"
import { printTargetChange } from "../target-view.ts"
import { throughServer } from "../through-server.ts"
import { argument } from "../usage-error.ts"
import { integrityJson, wantedIntegrity } from "../wanted-integrity.ts"

interface Options extends TransferOptions, IntegrityOptions {
  overrideVersion?: string
  draft?: boolean
  final?: boolean
  verify: boolean
}

export async function releaseImport(
  file: string,
  name: string,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const fleet = argument(() => parseFleetSlug(name))
  const { overrideVersion } = options
  if (overrideVersion !== undefined) argument(() => parseVersion(overrideVersion))
  const isDraft = options.draft === true ? true : options.final === true ? false : undefined
  const integrity = await wantedIntegrity(file, options)
  await withContext(options, async (context) => {
    const progress = showProgress("importing", options, file === "-" ? "in" : undefined)
    // A large file takes its time before anything is sent.
    if (integrity.length > 0 && file !== "-") progress.note(`checking the integrity of ${file}`)
    const recorded = await withInput(file, (bundle) =>
      importRelease(
        context,
        { fleet, bundle, overrideVersion, isDraft },
        {
          signal,
          onTransfer: progress.onTransfer,
          onRelay: (reason) => progress.note(throughServer(reason)),
          concurrency: options.concurrency,
          verify: options.verify,
          integrity,
        },
      ),
    ).finally(progress.stop)
    const { release, imported, target, wasThere, warnings } = recorded
    const name = `${release.fleet} ${rawVersion(release)}`
    if (wasThere && overrideVersion !== undefined) {
      const wanted = printVersion(parseVersion(overrideVersion, release.version.variant))
      if (wanted !== printVersion(release.version))
        warn(`the fleet has it as ${name}, and keeps that version`)
    }
    const kept = keptState(recorded, imported.isDraft ?? false)
    for (const warning of [...kept, ...warnings]) warn(warning)
    const line = wasThere
      ? `${name} is there already, nothing changed`
      : `imported ${name}${isFinal(release) ? "" : `, a draft; make it final with \`${finalizeCommand(recorded)}\``}`
    const text = `${line}\n${releaseText(release)}${printTargetChange(fleet, target)}`
    printResult(
      options,
      { ...releaseJson(release), target, wasThere, warnings, ...integrityJson(integrity) },
      text,
    )
  })
}
