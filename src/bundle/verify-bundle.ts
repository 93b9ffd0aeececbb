import { sumOfSizes } from "../content/copy.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { TransferListener } from "../content/transfer-event.ts"
import { digestAlgorithm } from "../oci/digest.ts"
import { Bundle } from "./bundle.ts"
import { type BundleProblem, bundleProblems } from "./bundle-error.ts"
import type { BundlePlan } from "./bundle-plan.ts"
import { BundleStream } from "./bundle-stream.ts"
import { HashPool } from "./hash-pool.ts"

export interface VerifyOptions extends OperationOptions {
  onTransfer?: TransferListener | undefined
}

/**
 * Verifies a bundle file: everything that the format says, every byte, the graph complete and nothing besides.
 * Throws `BundleError` whose `problems` name what is wrong; all damaged blobs are found, not just the first.
 */
export async function verifyBundleFile(path: string, options: VerifyOptions = {}): Promise<BundlePlan> {
  const bundle = await Bundle.open(path, options)
  try {
    const [first, ...others] = await damagedBlobs(bundle, options)
    if (first) throw bundleProblems([first, ...others])
    return bundle.plan
  } finally {
    await bundle.close()
  }
}

/** Verifies a bundle that comes through a pipe, as strictly; it ends at the first thing that is wrong. */
export async function verifyBundleStream(
  chunks: AsyncIterable<Uint8Array>,
  options: VerifyOptions = {},
): Promise<BundlePlan> {
  const stream = await BundleStream.open(chunks, options)
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
  return stream.plan
}

async function damagedBlobs({ archive, plan }: Bundle, options: VerifyOptions): Promise<BundleProblem[]> {
  const blobs = plan.files
    .flatMap(({ content, ...file }) =>
      content instanceof Uint8Array ? [] : [{ ...file, descriptor: content }],
    )
    .sort((one, other) => other.size - one.size)
  options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
  const pool = new HashPool(archive.handle.fd, { signal: options.signal })
  try {
    const results = await Promise.all(
      blobs.map(async ({ name, descriptor, offset, size }) => {
        const hash = pool.start(digestAlgorithm(descriptor.digest), (position) =>
          options.onTransfer?.({ type: "advanced", descriptor, position }),
        )
        hash.update(offset, size)
        const found = await hash.digest()
        options.onTransfer?.({ type: "finished", descriptor, outcome: "verified" })
        if (found === descriptor.digest) return []
        return [{ code: "BUNDLE_DAMAGED", entry: name, offset, expected: descriptor.digest, found } as const]
      }),
    )
    return results.flat().sort((one, other) => one.offset - other.offset)
  } finally {
    await pool.close()
  }
}
