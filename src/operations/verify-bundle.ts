import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { ExpectedIntegrity } from "../bundle/integrity.ts"
import { PassingHash } from "../bundle/passing-hash.ts"
import { type VerifyOptions, verifyBlobs, verifyPassingBlobs } from "../bundle/verify-blobs.ts"
import { openBundle, openBundleStream } from "./open-bundle.ts"

export interface VerifyBundleOptions extends VerifyOptions {
  /** What the file must be besides: SRI strings as `sha512-…`, each of which has to fit. Default: none. */
  integrity?: string | readonly string[] | undefined
}

/**
 * Verifies a bundle file: everything that the format says, every byte, the graph complete and nothing besides, and
 * that a fleet would take the release. Throws `BundleError`, whose `problems` name what is wrong (all damaged blobs, not
 * just the first), or is
 * `INTEGRITY_MISMATCH` or `INVALID_INTEGRITY`; `ArchiveError` for what is no archive, and `FleetError` for a release that breaks a rule of fleets.
 */
export async function verifyBundleFile(path: string, options: VerifyBundleOptions = {}): Promise<BundlePlan> {
  const expected = new ExpectedIntegrity(options.integrity)
  const bundle = await openBundle(path, options)
  try {
    const { signal } = options
    const [digests] = await Promise.all([
      bundle.fileDigests(expected.algorithms, { signal }),
      verifyBlobs(bundle, options),
    ])
    expected.check(digests, path)
    return bundle.plan
  } finally {
    await bundle.close()
  }
}

/** Verifies a bundle that comes through a pipe, as strictly; it ends at the first thing that is wrong. */
export async function verifyBundleStream(
  chunks: AsyncIterable<Uint8Array>,
  options: VerifyBundleOptions = {},
): Promise<BundlePlan> {
  const expected = new ExpectedIntegrity(options.integrity)
  await using hash = new PassingHash(expected.algorithms)
  const stream = await openBundleStream(hash.through(chunks), options)
  await verifyPassingBlobs(stream, options)
  expected.check(await hash.digests(), "the bundle")
  return stream.plan
}
