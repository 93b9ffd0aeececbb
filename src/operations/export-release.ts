import { createWriteStream } from "node:fs"
import { Readable, type Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { type BundlePlan, planBundle } from "../bundle/bundle-plan.ts"
import { bundleBytes } from "../bundle/bundle-stream-writer.ts"
import { writeBundleFile } from "../bundle/bundle-writer.ts"
import type { CopyOptions } from "../content/copy.ts"
import { bundledRelease } from "./bundled-release.ts"
import type { Context } from "./context.ts"
import { findSuccessfulRelease, type ReleaseSelector, type SuccessfulRelease } from "./find-release.ts"
import { findOutput } from "./output-file.ts"

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
  const found = typeof output === "string" ? await findOutput(output) : { sink: output }
  const release = await findSuccessfulRelease(context, selector, "export", options)
  const content = await context.contentOf(await context.fleets.getFleet(release.fleet, options))
  const plan = await planBundle(content, release.index, options)
  // What is stored may say something else than what was recorded: nobody could read the bundle.
  bundledRelease(plan)
  if ("file" in found) {
    await writeBundleFile(content, plan, found.file, options)
  } else {
    const sink = "stream" in found ? createWriteStream(found.stream) : found.sink
    await pipeline(Readable.from(bundleBytes(content, plan, options), { objectMode: false }), sink, {
      signal: options.signal,
      end: sink !== process.stdout,
    })
  }
  return { release, plan }
}
