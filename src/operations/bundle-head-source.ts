import type { BundlePlan } from "../bundle/bundle-plan.ts"
import { ContentError } from "../content/content-error.ts"
import { type CopyOptions, copyBlob, findAbsentBlobs, pushDocuments, sumOfSizes } from "../content/copy.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { bodyOf } from "../content/read-document.ts"
import type { NewRelease } from "../fleet/release.ts"
import { bundledRelease } from "./bundled-release.ts"
import type { FleetContent } from "./context.ts"
import { openBundleStream } from "./open-bundle.ts"
import type { ReleaseSource } from "./release-source.ts"

/** Digests that an error lists. */
const SHOWN = 5

/**
 * A release of whose bundle no more than the head is there, which is all that stands before the first configuration: its blobs have come
 * to the fleet by another way.
 */
export class BundleHeadSource implements ReleaseSource {
  readonly release: NewRelease
  readonly plan: BundlePlan

  private constructor(plan: BundlePlan) {
    this.release = bundledRelease(plan)
    this.plan = plan
  }

  /** Reads no more than the head, whatever follows. Throws what `openBundleStream` throws. */
  static async open(
    chunks: AsyncIterable<Uint8Array>,
    options: OperationOptions = {},
  ): Promise<BundleHeadSource> {
    return new BundleHeadSource((await openBundleStream(chunks, options)).plan)
  }

  /** Sends the manifests. Throws `CONTENT_MISSING` where the target has not all blobs. */
  async copyTo(target: FleetContent, options: CopyOptions): Promise<void> {
    const { graph, releaseBlobs } = this.plan
    const blobs = [...graph.configs, ...graph.layers]
    options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
    for (const { descriptor, bytes } of releaseBlobs)
      await copyBlob(descriptor, bodyOf(bytes), target, options)
    const absent = await findAbsentBlobs(graph, target, options)
    if (absent.length > 0) throw missing(absent, blobs.length)
    await pushDocuments(graph, target, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function missing(absent: readonly { digest: string }[], count: number): ContentError {
  const shown = absent.slice(0, SHOWN).map(({ digest }) => digest)
  const more = absent.length > SHOWN ? ", and more" : ""
  return new ContentError(
    "CONTENT_MISSING",
    `${absent.length} of ${count} blobs are not there: ${shown.join(", ")}${more}`,
    { hint: "send them first, or the whole bundle" },
  )
}
