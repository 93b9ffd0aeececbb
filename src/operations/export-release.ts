import { createWriteStream } from "node:fs"
import { stat } from "node:fs/promises"
import { Readable, type Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { type BundlePlan, planBundle } from "../bundle/bundle-plan.ts"
import { bundleBytes } from "../bundle/bundle-stream-writer.ts"
import { writeBundleFile } from "../bundle/bundle-writer.ts"
import type { CopyOptions } from "../content/copy.ts"
import type { Context } from "./context.ts"
import { findSuccessfulRelease, type ReleaseSelector, type SuccessfulRelease } from "./find-release.ts"
import { OperationError } from "./operation-error.ts"

export type ExportOptions = Pick<CopyOptions, "concurrency" | "onTransfer" | "signal">

export interface ExportResult {
  release: SuccessfulRelease
  plan: BundlePlan
}

/**
 * Exports a release into a bundle: a file that appears only when it is whole, or a stream. The same release gives the
 * same bytes. Throws what finding the release, reading its content and writing the output throw.
 */
export async function exportRelease(
  context: Context,
  selector: ReleaseSelector,
  output: string | Writable,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const toFile = typeof output === "string" && (await isForFile(output))
  const release = await findSuccessfulRelease(context, selector, "export", options)
  const content = await context.contentOf(await context.fleets.getFleet(release.fleet, options))
  const plan = await planBundle(content, release.index, options)
  if (toFile) {
    await writeBundleFile(content, plan, output, options)
  } else {
    const sink = typeof output === "string" ? createWriteStream(output) : output
    await pipeline(Readable.from(bundleBytes(content, plan, options), { objectMode: false }), sink, {
      signal: options.signal,
      end: sink !== process.stdout,
    })
  }
  return { release, plan }
}

/** A pipe or a device is written to as it is: replacing it by a file would be a disaster for `/dev/null`. */
async function isForFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isDirectory()) return found?.isFile() ?? true
  throw new OperationError("INVALID_OUTPUT", `${path} is a folder`, { hint: "name a file in it" })
}
