import { z } from "zod"
import type { Bundle } from "../bundle/bundle.ts"
import type { BundleStream } from "../bundle/bundle-stream.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { collect, readDocument } from "../content/read-document.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { textsSchema } from "../oci/first-fault.ts"
import { MAX_DOCUMENT_SIZE, parseJson } from "../oci/json.ts"
import { MediaType } from "../oci/media-types.ts"
import type { Platform } from "../oci/platform.ts"

/** What the configuration of an image says of it (image-spec 1.1, config.md). */
export interface ImageConfig {
  platform: Platform | undefined
  labels: Record<string, string>
}

/** Of all labels together, in characters: as much as all manifests may have in bytes. */
const MAX_LABELS = 24 * 1024 * 1024

const optionalText = z.string().max(200).optional().catch(undefined)

const configSchema = z.object({
  os: optionalText,
  architecture: optionalText,
  variant: optionalText,
  config: z.object({ Labels: textsSchema.nullish() }).nullish().catch(undefined),
})

/**
 * The configurations of the images of a bundle, by their digests. What is no configuration of an image, is larger than 4 MiB
 * or goes beyond 24 MiB of labels is left out.
 */
export class ImageConfigs {
  readonly #found = new Map<Digest, ImageConfig>()
  #room = MAX_LABELS

  /** `undefined` for one that was left out. */
  get(digest: Digest): ImageConfig | undefined {
    return this.#found.get(digest)
  }

  wants({ mediaType, size }: Descriptor): boolean {
    const isConfig = mediaType === MediaType.ociConfig || mediaType === MediaType.dockerConfig
    return isConfig && size <= MAX_DOCUMENT_SIZE
  }

  add({ digest }: Descriptor, bytes: Uint8Array): void {
    const config = parseConfig(bytes)
    if (config === undefined) return
    const size = JSON.stringify(config.labels).length
    if (size > this.#room) return
    this.#room -= size
    this.#found.set(digest, config)
  }

  /** Reads those of a bundle file. Throws `BUNDLE_DAMAGED`. */
  async readFrom(bundle: Bundle, options: OperationOptions = {}): Promise<this> {
    for (const config of bundle.plan.graph.configs) {
      options.signal?.throwIfAborted()
      if (this.wants(config)) this.add(config, await readDocument(bundle, config, options))
    }
    return this
  }

  /** Takes those of a bundle that comes through a pipe: all that stands before the first layer, and no more. Throws as `readFrom`. */
  async takeFrom(stream: BundleStream, options: OperationOptions = {}): Promise<this> {
    const left = new Set(stream.plan.graph.configs.map(({ digest }) => digest))
    for await (const { descriptor, body } of stream.blobs()) {
      options.signal?.throwIfAborted()
      if (!left.delete(descriptor.digest)) break
      if (this.wants(descriptor)) this.add(descriptor, await collect(body))
      if (left.size === 0) break
    }
    return this
  }
}

/** What others wrote badly is no reason to show nothing of a bundle. */
function parseConfig(bytes: Uint8Array): ImageConfig | undefined {
  try {
    const { os, architecture, variant, config } = parseJson(bytes, "the configuration", configSchema)
    const platform = os && architecture ? { os, architecture, variant } : undefined
    return { platform, labels: config?.Labels ?? {} }
  } catch {
    return undefined
  }
}
