import { BundleError, printProblem } from "../../bundle/bundle-error.ts"
import { visible } from "../../errors/quote.ts"
import { ImageConfigs } from "../../operations/image-configs.ts"
import { verifyBundleFile, verifyBundleStream } from "../../operations/verify-bundle.ts"
import { bundleJson } from "../bundle-json.ts"
import { printBytes, styled } from "../format.ts"
import type { IntegrityOptions, ProgressOptions } from "../options.ts"
import { printPieces, say } from "../output.ts"
import { showProgress } from "../progress.ts"
import { withInput } from "../standard-input.ts"
import { integrityJson, wantedIntegrity } from "../wanted-integrity.ts"

export async function releaseVerify(
  file: string,
  options: ProgressOptions & IntegrityOptions,
  signal: AbortSignal,
): Promise<void> {
  const integrity = await wantedIntegrity(file, options)
  const progress = showProgress("verifying", options, file === "-" ? "in" : undefined)
  const configs = options.json ? new ImageConfigs() : undefined
  const transfer = { signal, onTransfer: progress.onTransfer, integrity, configs }
  try {
    const plan = await withInput(file, (input) =>
      typeof input === "string" ? verifyBundleFile(input, transfer) : verifyBundleStream(input, transfer),
    )
    progress.stop()
    const text =
      `${styled("green", "verified")} ${file === "-" ? "the bundle" : file}\n` +
      `  release  ${plan.release.digest}\n` +
      `  version  ${plan.manifest.semver}${plan.isDraft ? ", a draft" : ""}\n` +
      `  commit   ${plan.manifest.commit}\n` +
      `  size     ${printBytes(plan.size)} in ${plan.files.length} entries, every byte checked\n` +
      integrity.map((wanted) => `  integrity  ${wanted}\n`).join("")
    if (configs === undefined) process.stdout.write(text)
    else await printPieces(bundleJson(plan, configs, integrityJson(integrity)))
  } catch (error) {
    progress.stop()
    if (error instanceof BundleError && error.problems.length > 1) {
      for (const problem of error.problems) say(`damaged: ${visible(printProblem(problem))}\n`)
    }
    throw error
  }
}
