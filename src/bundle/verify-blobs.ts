import { forEachConcurrent } from "../content/concurrency.ts"
import { sumOfSizes } from "../content/copy.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { TransferListener } from "../content/transfer-event.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Bundle } from "./bundle.ts"
import { type BundleProblem, bundleProblems } from "./bundle-error.ts"
import type { BundleStream } from "./bundle-stream.ts"

export interface VerifyOptions extends OperationOptions {
  onTransfer?: TransferListener | undefined
}

/** Enough to keep all threads busy with small blobs; what is asked for waits in memory. */
const AT_ONCE = 64

/**
 * Verifies every blob of an open bundle file. Throws `BundleError` whose `problems` name all that are damaged, not just
 * the first.
 */
export async function verifyBlobs(bundle: Bundle, options: VerifyOptions = {}): Promise<void> {
  const blobs: Descriptor[] = []
  for (const { content } of bundle.plan.files) if (!(content instanceof Uint8Array)) blobs.push(content)
  // The longest first, so that no thread is left with it at the end.
  blobs.sort((one, other) => other.size - one.size)
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
}

/** Verifies the blobs of a bundle that comes through a pipe, and its end; stops at the first thing that is wrong. */
export async function verifyPassingBlobs(stream: BundleStream, options: VerifyOptions = {}): Promise<void> {
  for await (const { descriptor, body } of stream.blobs()) {
    options.signal?.throwIfAborted()
    options.onTransfer?.({ type: "started", descriptor })
    let position = 0
    for await (const chunk of body) {
      position += chunk.length
      options.onTransfer?.({ type: "advanced", descriptor, position })
    }
    options.onTransfer?.({ type: "finished", descriptor, outcome: "verified" })
  }
}
