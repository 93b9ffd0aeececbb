import { Bundle } from "../bundle/bundle.ts"
import { BundleStream } from "../bundle/bundle-stream.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { bundledRelease } from "./bundled-release.ts"

/**
 * Opens a bundle file whose release a fleet would take: what verifying and importing refuse, nothing else gets to
 * see either. The caller closes it. Throws what `Bundle.open` and `bundledRelease` throw.
 */
export async function openBundle(path: string, options: OperationOptions = {}): Promise<Bundle> {
  const bundle = await Bundle.open(path, options)
  try {
    bundledRelease(bundle.plan)
    return bundle
  } catch (error) {
    await bundle.close()
    throw error
  }
}

/** The same of a bundle that comes through a pipe. */
export async function openBundleStream(
  chunks: AsyncIterable<Uint8Array>,
  options: OperationOptions = {},
): Promise<BundleStream> {
  const stream = await BundleStream.open(chunks, options)
  bundledRelease(stream.plan)
  return stream
}
