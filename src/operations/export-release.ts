import { createWriteStream } from "node:fs"
import { realpath, stat } from "node:fs/promises"
import { Readable, type Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { type BundlePlan, planBundle } from "../bundle/bundle-plan.ts"
import { bundleBytes } from "../bundle/bundle-stream-writer.ts"
import { writeBundleFile } from "../bundle/bundle-writer.ts"
import type { CopyOptions } from "../content/copy.ts"
import { bundledRelease } from "./bundled-release.ts"
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
  const file = typeof output === "string" ? await regularFile(output) : undefined
  const release = await findSuccessfulRelease(context, selector, "export", options)
  const content = await context.contentOf(await context.fleets.getFleet(release.fleet, options))
  const plan = await planBundle(content, release.index, options)
  // What is stored may say something else than what was recorded: nobody could read the bundle.
  bundledRelease(plan)
  if (file !== undefined) {
    await writeBundleFile(content, plan, file, options)
  } else {
    const sink = typeof output === "string" ? createWriteStream(output) : output
    await pipeline(Readable.from(bundleBytes(content, plan, options), { objectMode: false }), sink, {
      signal: options.signal,
      end: sink !== process.stdout,
    })
  }
  return { release, plan }
}

/**
 * The file to write, behind symbolic links: replacing the link would be a disaster for `/dev/stdout`. `undefined` for a
 * pipe or a device, which is written to as it is, lest `/dev/null` become a file.
 */
async function regularFile(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return path
  if (found.isFile()) return realpath(path)
  if (!found.isDirectory()) return undefined
  throw new OperationError("INVALID_OUTPUT", `${path} is a folder`, { hint: "name a file in it" })
}
