import type { Bundle } from "../bundle/bundle.ts"
import { ExpectedIntegrity } from "../bundle/integrity.ts"
import { type CopyOptions, copyGraph } from "../content/copy.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { NewRelease } from "../fleet/release.ts"
import { bundledRelease } from "./bundled-release.ts"
import type { FleetContent } from "./context.ts"
import { openBundle } from "./open-bundle.ts"
import type { ReleaseSource } from "./release-source.ts"

export interface BundleFileOptions extends OperationOptions {
  /** Reads also what the target has, and so is not sent. Default `true`. */
  verify?: boolean | undefined
  /** SRI strings, each of which the file has to fit before anything is sent. Default: none. */
  integrity?: string | readonly string[] | undefined
}

/** A release in a bundle file. */
export class BundleFileSource implements ReleaseSource {
  readonly release: NewRelease
  readonly #bundle: Bundle
  readonly #checksUnsent: boolean

  private constructor(bundle: Bundle, checksUnsent: boolean) {
    this.release = bundledRelease(bundle.plan)
    this.#bundle = bundle
    this.#checksUnsent = checksUnsent
  }

  /** Throws what `openBundle` throws, `INTEGRITY_MISMATCH` and `INVALID_INTEGRITY`. */
  static async open(
    path: string,
    { signal, verify = true, integrity }: BundleFileOptions = {},
  ): Promise<BundleFileSource> {
    const expected = new ExpectedIntegrity(integrity)
    const bundle = await openBundle(path, { signal })
    try {
      expected.check(await bundle.fileDigests(expected.algorithms, { signal }), path)
      return new BundleFileSource(bundle, verify)
    } catch (error) {
      await bundle.close()
      throw error
    }
  }

  copyTo(target: FleetContent, options: CopyOptions): Promise<void> {
    const bundle = this.#bundle
    const checkUnsent: CopyOptions["checkUnsent"] = this.#checksUnsent
      ? (blob, checkOptions) => bundle.checkBlob(blob, checkOptions)
      : undefined
    return copyGraph(bundle, bundle.plan.graph, target, { ...options, checkUnsent })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#bundle.close()
  }
}
