import { forEachConcurrent } from "../content/concurrency.ts"
import { sumOfSizes } from "../content/copy.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { readDocument } from "../content/read-document.ts"
import type { TransferListener } from "../content/transfer-event.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Bundle } from "./bundle.ts"
import { type BundleProblem, bundleProblems } from "./bundle-error.ts"
import type { BundlePlan } from "./bundle-plan.ts"
import type { BundleStream } from "./bundle-stream.ts"

export interface VerifyOptions extends OperationOptions {
  onTransfer?: TransferListener | undefined
  /** Gets the bytes of the blobs that it wants, when they have proved right. They are kept in memory until then. */
  configs?: BlobCollector | undefined
}

export interface BlobCollector {
  wants(descriptor: Descriptor): boolean
  add(descriptor: Descriptor, bytes: Uint8Array): void
}

/** Enough to keep all threads busy with small blobs; what is asked for waits in memory. */
const AT_ONCE = 64

/**
 * Verifies every blob of an open bundle file. Throws `BundleError` whose `problems` name all that are damaged, not just
 * the first.
 */
export async function verifyBlobs(bundle: Bundle, options: VerifyOptions = {}): Promise<void> {
  // The longest first, so that no thread is left with it at the end.
  const blobs = blobsToRead(bundle.plan).sort((one, other) => other.size - one.size)
  options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  const problems: BundleProblem[] = []
  await forEachConcurrent(blobs, AT_ONCE, options.signal, async (descriptor, signal) => {
    const onProgress = (position: number) => options.onTransfer?.({ type: "advanced", descriptor, position })
    const problem = await bundle.findDamage(descriptor, { signal, onProgress })
    if (problem !== undefined) problems.push(problem)
    options.onTransfer?.({ type: "finished", descriptor, outcome: "verified" })
  })
  const [first, ...others] = problems.sort((one, other) => one.offset - other.offset)
  if (first) throw bundleProblems([first, ...others])
  for (const config of bundle.plan.graph.configs) {
    if (options.configs?.wants(config))
      options.configs.add(config, await readDocument(bundle, config, options))
  }
}

/** Verifies the blobs of a bundle that comes through a pipe, and its end; stops at the first thing that is wrong. */
export async function verifyPassingBlobs(stream: BundleStream, options: VerifyOptions = {}): Promise<void> {
  const blobs = blobsToRead(stream.plan)
  options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  for await (const { descriptor, body } of stream.blobs()) {
    options.signal?.throwIfAborted()
    options.onTransfer?.({ type: "started", descriptor })
    const kept: Uint8Array[] | undefined = options.configs?.wants(descriptor) ? [] : undefined
    let position = 0
    for await (const chunk of body) {
      position += chunk.length
      // The source may write into a chunk again.
      kept?.push(Buffer.from(chunk))
      options.onTransfer?.({ type: "advanced", descriptor, position })
    }
    if (kept !== undefined) options.configs?.add(descriptor, Buffer.concat(kept))
    options.onTransfer?.({ type: "finished", descriptor, outcome: "verified" })
  }
}

/** What was not read when the bundle was opened. */
function blobsToRead({ files }: BundlePlan): Descriptor[] {
  const blobs: Descriptor[] = []
  for (const { content } of files) if (!(content instanceof Uint8Array)) blobs.push(content)
  return blobs
}
