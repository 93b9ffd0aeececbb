import type { BundleStream } from "../bundle/bundle-stream.ts"
import { ExpectedIntegrity } from "../bundle/integrity.ts"
import { PassingHash } from "../bundle/passing-hash.ts"
import { type CopyOptions, copyBlob, pushDocuments, sumOfSizes } from "../content/copy.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { bodyOf } from "../content/read-document.ts"
import type { NewRelease } from "../fleet/release.ts"
import { bundledRelease } from "./bundled-release.ts"
import type { FleetContent } from "./context.ts"
import { openBundleStream } from "./open-bundle.ts"
import { passingBody } from "./passing-body.ts"
import type { ReleaseSource } from "./release-source.ts"

export interface BundleStreamOptions extends OperationOptions {
  /** SRI strings, each of which the bundle has to fit when it has passed. Default: none. */
  integrity?: string | readonly string[] | undefined
}

/** A release in a bundle that comes through a pipe. */
export class BundleStreamSource implements ReleaseSource {
  readonly release: NewRelease
  /** Of the whole bundle, in bytes. */
  readonly size: number
  readonly #stream: BundleStream
  readonly #expected: ExpectedIntegrity
  readonly #hash: PassingHash

  private constructor(stream: BundleStream, expected: ExpectedIntegrity, hash: PassingHash) {
    this.release = bundledRelease(stream.plan)
    this.size = stream.plan.size
    this.#stream = stream
    this.#expected = expected
    this.#hash = hash
  }

  /** Reads up to the first layer. Throws what `openBundleStream` throws, and `INVALID_INTEGRITY`. */
  static async open(
    chunks: AsyncIterable<Uint8Array>,
    { signal, integrity }: BundleStreamOptions = {},
  ): Promise<BundleStreamSource> {
    const expected = new ExpectedIntegrity(integrity)
    const hash = new PassingHash(expected.algorithms)
    try {
      return new BundleStreamSource(await openBundleStream(hash.through(chunks), { signal }), expected, hash)
    } catch (error) {
      await hash[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Sends the blobs as they pass, and the manifests when all have passed and proved right. */
  async copyTo(target: FleetContent, options: CopyOptions): Promise<void> {
    const { graph, releaseBlobs } = this.#stream.plan
    const blobs = [...graph.configs, ...graph.layers]
    options.onTransfer?.({ type: "planned", count: blobs.length, bytes: sumOfSizes(blobs) })
    for (const { descriptor, bytes } of releaseBlobs)
      await copyBlob(descriptor, bodyOf(bytes), target, options)
    for await (const { descriptor, body } of this.#stream.blobs()) {
      options.signal?.throwIfAborted()
      await copyBlob(descriptor, passingBody(body, descriptor.digest), target, options)
    }
    this.#expected.check(await this.#hash.digests(), "the bundle")
    await pushDocuments(graph, target, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hash[Symbol.asyncDispose]()
  }
}
