import { createWriteStream } from "node:fs"
import { Readable, type Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { bundleBytes } from "../bundle/bundle-stream-writer.ts"
import { writeBundleFile } from "../bundle/bundle-writer.ts"
import { type FileDigest, type IntegrityAlgorithm, printIntegrity } from "../bundle/integrity.ts"
import { PassingHash } from "../bundle/passing-hash.ts"
import type { CopyOptions } from "../content/copy.ts"
import { reasonOf } from "../errors/reason.ts"
import { neededRelay, type RelayOptions } from "./bundle-relay.ts"
import type { Context } from "./context.ts"
import { findSuccessfulRelease, type ReleaseSelector } from "./find-release.ts"
import { OperationError } from "./operation-error.ts"
import { findOutput } from "./output-file.ts"
import { planRelease } from "./release-plan.ts"
import { saveRelayed } from "./save-relayed.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

export interface ExportOptions
  extends Pick<CopyOptions, "concurrency" | "onTransfer" | "signal">,
    Pick<RelayOptions, "onRelay"> {
  /** Computes the integrity of the bundle too, with a hash of each of these, on other threads while it is written. Default: none. */
  integrity?: readonly IntegrityAlgorithm[] | undefined
}

export interface ExportResult {
  release: SuccessfulRelease
  plan: BundlePlan
  /** Of the bundle, where it was asked for: hashes as an SRI string, `sha512-…`. */
  integrity: string | undefined
}

/**
 * Exports a release into a bundle: a file that appears only when it is whole, or a stream. The same release gives the
 * same bytes; that of a draft says that it is one. Throws what finding the release, reading its content and writing the output throw.
 */
export async function exportRelease(
  context: Context,
  selector: ReleaseSelector,
  output: string | Writable,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const found = typeof output === "string" ? await findOutput(output) : { sink: output }
  const release = await findSuccessfulRelease(context, selector, options)
  const fleet = await context.fleets.getFleet(release.fleet, options)
  const relay = await neededRelay(context, fleet, options)
  if (relay !== undefined) {
    const { plan, digests } = await saveRelayed(relay, release, found, options)
    return { release, plan, integrity: digests.length === 0 ? undefined : printIntegrity(digests) }
  }
  const { content, plan } = await planRelease(context, release, options)
  const digests =
    "file" in found
      ? await writeBundleFile(content, plan, found.file, options)
      : await pipeBundle(
          bundleBytes(content, plan, options),
          "stream" in found ? createWriteStream(found.stream) : found.sink,
          options,
        ).catch((error: unknown) => {
          throw "stream" in found ? explainWrite(error, found.stream) : error
        })
  return { release, plan, integrity: digests.length === 0 ? undefined : printIntegrity(digests) }
}

/** Gives the digests of what went through that are asked for. */
async function pipeBundle(
  bytes: AsyncIterable<Uint8Array>,
  sink: Writable,
  { signal, integrity = [] }: ExportOptions,
): Promise<FileDigest[]> {
  await using hash = new PassingHash(integrity)
  await pipeline(Readable.from(hash.through(bytes), { objectMode: false }), sink, {
    signal,
    end: sink !== process.stdout,
  })
  return await hash.digests()
}

/** What the system says of a write names no file; all else comes back as it is. */
function explainWrite(error: unknown, path: string): unknown {
  if (!(error instanceof Error && "syscall" in error && error.syscall === "write")) return error
  return new OperationError("INVALID_OUTPUT", `${path} cannot be written: ${reasonOf(error)}`, {
    hint: "write the bundle to another place",
    cause: error,
  })
}
