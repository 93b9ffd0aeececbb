import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { type VerifyOptions, verifyBlobs, verifyPassingBlobs } from "../bundle/verify-blobs.ts"
import { openBundle, openBundleStream } from "./open-bundle.ts"

/**
 * Verifies a bundle file: everything that the format says, every byte, the graph complete and nothing besides, and
 * that a fleet would take the release. Throws `BundleError`, whose `problems` name what is wrong (all damaged blobs, not
 * just the first), `ArchiveError` for what is no archive, and `FleetError` for a release that breaks a rule of fleets.
 */
export async function verifyBundleFile(path: string, options: VerifyOptions = {}): Promise<BundlePlan> {
  const bundle = await openBundle(path, options)
  try {
    await verifyBlobs(bundle, options)
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
  const stream = await openBundleStream(chunks, options)
  await verifyPassingBlobs(stream, options)
  return stream.plan
}
