import { hashOf, type IntegrityAlgorithm } from "../../bundle/integrity.ts"
import { printVersion, rawVersion } from "../../fleet/version.ts"
import { addChecksum, prepareChecksum } from "../../operations/checksum-file.ts"
import { exportRelease } from "../../operations/export-release.ts"
import { parseReleaseSelector } from "../../operations/find-release.ts"
import { withContext } from "../environment.ts"
import { printBytes } from "../format.ts"
import type { TransferOptions } from "../options.ts"
import { printResult, say, warn } from "../output.ts"
import { showProgress } from "../progress.ts"
import { throughServer } from "../through-server.ts"
import { argument, UsageError } from "../usage-error.ts"

interface Options extends TransferOptions {
  version?: string
  output: string
  integrity?: IntegrityAlgorithm
  checksumFile?: string
}

export async function releaseExport(
  name: string,
  named: string | undefined,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const selector = argument(() => parseReleaseSelector(name, named, options.version))
  const toPipe = options.output === "-"
  if (toPipe && options.json) {
    throw new UsageError("USAGE", "--json and -o - both want standard output", {
      hint: "leave one of them out",
    })
  }
  if (toPipe && process.stdout.isTTY) {
    throw new UsageError("USAGE", "a bundle is not for a terminal", {
      hint: "pipe it into a command, or write it with -o FILE",
    })
  }
  const { checksumFile } = options
  if (checksumFile !== undefined) await prepareChecksum(checksumFile, options.output)
  const algorithms = new Set<IntegrityAlgorithm>(checksumFile === undefined ? [] : ["sha256"])
  if (options.integrity !== undefined) algorithms.add(options.integrity)
  await withContext(options, async (context) => {
    const progress = showProgress("exporting", options, toPipe ? "out" : undefined)
    const { release, plan, ...exported } = await exportRelease(
      context,
      selector,
      toPipe ? process.stdout : options.output,
      {
        signal,
        onTransfer: progress.onTransfer,
        onRelay: (reason) => progress.note(throughServer(reason)),
        concurrency: options.concurrency,
        integrity: [...algorithms],
      },
    ).finally(progress.stop)
    if (checksumFile !== undefined && exported.integrity !== undefined)
      await addChecksum(checksumFile, options.output, exported.integrity)
    const integrity = options.integrity && hashOf(exported.integrity ?? "", options.integrity)?.integrity
    const version = rawVersion(release)
    const renamed =
      plan.manifest.semver === printVersion({ ...release.version, variant: "" })
        ? ""
        : `\n  note     the bundle says ${plan.manifest.semver}; import it with --override-version to name it otherwise`
    if (release.isInvalidated)
      warn(
        `${release.fleet} ${version} is invalidated; a bundle does not say so, and an import makes it valid`,
      )
    const draft = plan.isDraft
      ? "\n  draft    it is imported as a draft; `waybill release import --final` makes it final"
      : ""
    const text =
      `exported ${release.fleet} ${version}${toPipe ? "" : ` to ${options.output}`}\n` +
      `  release  ${release.index.digest}\n` +
      `  size     ${printBytes(plan.size)} in ${plan.files.length} entries${renamed}${draft}\n` +
      (integrity === undefined ? "" : `  integrity  ${integrity}\n`)
    if (toPipe) {
      // It was asked for, also by who wants nothing else.
      if (!options.quiet) say(text)
      else if (integrity !== undefined) say(`${integrity}\n`)
      return
    }
    const { fleet, index } = release
    printResult(
      options,
      {
        file: options.output,
        size: plan.size,
        fleet,
        version,
        release: index.digest,
        isDraft: plan.isDraft,
        isInvalidated: release.isInvalidated,
        ...(integrity === undefined ? {} : { integrity }),
      },
      text,
    )
  })
}
