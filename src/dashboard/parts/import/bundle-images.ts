import type { BundleService } from "./bundle-head.ts"
import { type Descriptor, descriptorOf, isRecord, pathOf, recordsOf, textOf } from "./bundle-json.ts"
import { RefusedBundle } from "./refused-bundle.ts"

/** An image index or manifest of a bundle. */
interface Document {
  children: Descriptor[]
  /** Of an image for one platform: its configuration and layers. */
  blobs: Descriptor[]
  /** As the index says that names it, or its configuration. */
  platform?: string
}

/** As docs/bundle-format.md, Limits. */
const MAX_DOCUMENTS = 4096

/** The documents of a bundle in the order in which they stand there, each known by one before it. */
export class BundleImages {
  readonly #root: Descriptor
  /** Documents that have to come, by where they stand. */
  readonly #expected = new Map<string, Descriptor>()
  readonly #documents = new Map<string, Document>()
  readonly #platforms = new Map<string, string>()
  /** Where documents stand that have come, or have to. */
  readonly #known = new Set<string>()
  /** Where configurations stand, with the images of which they alone say what they are for. */
  readonly #configs = new Map<string, string[]>()
  readonly #services: { name: string; image: Descriptor }[] = []
  #artifact: string | undefined

  constructor(root: Descriptor) {
    this.#root = root
    this.#expect(root)
  }

  /** The document that stands in an entry; `undefined` for what is none. */
  documentAt(path: string): Descriptor | undefined {
    const document = this.#expected.get(path)
    this.#expected.delete(path)
    return document
  }

  add(document: Descriptor, content: Record<string, unknown>): void {
    const path = pathOf(document)
    const { digest } = document
    if (digest === this.#root.digest) this.#addRoot(content, path)
    else if (digest === this.#artifact) this.#addArtifact(content, path)
    else this.#addImage(digest, content, path)
  }

  #addArtifact(content: Record<string, unknown>, path: string): void {
    for (const blob of [content.config, ...recordsOf(content.layers)]) this.#expect(descriptorOf(blob, path))
  }

  #addImage(digest: string, content: Record<string, unknown>, path: string): void {
    const children = recordsOf(content.manifests).map((child) => {
      const descriptor = descriptorOf(child, path)
      this.#notePlatform(descriptor.digest, child.platform)
      this.#expect(descriptor)
      return descriptor
    })
    if (content.config === undefined) {
      this.#documents.set(digest, { children, blobs: [] })
      return
    }
    const config = descriptorOf(content.config, path)
    const layers = recordsOf(content.layers).map((layer) => descriptorOf(layer, path))
    this.#documents.set(digest, { children, blobs: [config, ...layers] })
    const alone = this.#platforms.has(digest) ? [] : [digest]
    this.#configs.set(pathOf(config), [...(this.#configs.get(pathOf(config)) ?? []), ...alone])
  }

  /** Throws `RefusedBundle` where a document is missing; `found` is what stands in its place. */
  checkComplete(found: string | undefined): void {
    const [missing] = this.#expected.keys()
    if (missing === undefined) return
    throw new RefusedBundle(`expected ${missing} here`, found ?? "the end of the file")
  }

  isConfig(path: string): boolean {
    return this.#configs.has(path)
  }

  /** Whether a configuration says what nobody else does. */
  wantsConfig(path: string): boolean {
    return this.#configs.get(path)?.some((digest) => !this.#platforms.has(digest)) ?? false
  }

  addConfig(path: string, config: Record<string, unknown>): void {
    for (const digest of this.#configs.get(path) ?? []) this.#notePlatform(digest, config)
  }

  services(): BundleService[] {
    return this.#services.map(({ name, image }) => {
      const blobs = new Map<string, number>()
      const platforms = new Set<string>()
      this.#collect(image, blobs, platforms)
      return {
        name,
        platforms: [...platforms],
        size: [...blobs.values()].reduce((sum, size) => sum + size, 0),
      }
    })
  }

  #collect(image: Descriptor, blobs: Map<string, number>, platforms: Set<string>): void {
    if (blobs.has(image.digest)) return
    blobs.set(image.digest, image.size)
    const document = this.#documents.get(image.digest)
    const platform = this.#platforms.get(image.digest)
    if (platform !== undefined) platforms.add(platform)
    for (const { digest, size } of document?.blobs ?? []) blobs.set(digest, size)
    for (const child of document?.children ?? []) this.#collect(child, blobs, platforms)
  }

  #addRoot(content: Record<string, unknown>, path: string): void {
    const [artifact, ...images] = recordsOf(content.manifests)
    const descriptor = descriptorOf(artifact, path)
    this.#artifact = descriptor.digest
    this.#expect(descriptor)
    for (const each of images) {
      const image = descriptorOf(each, path)
      const annotations = isRecord(each.annotations) ? each.annotations : {}
      this.#services.push({ name: textOf(annotations["io.waybill.service"]) ?? "", image })
      this.#expect(image)
    }
  }

  #expect(document: Descriptor): void {
    const path = pathOf(document)
    if (this.#known.has(path)) return
    this.#known.add(path)
    this.#expected.set(path, document)
    if (this.#known.size > MAX_DOCUMENTS)
      throw new RefusedBundle(`it has more than ${MAX_DOCUMENTS} manifests`)
  }

  #notePlatform(digest: string, value: unknown): void {
    if (!isRecord(value)) return
    const parts = [value.os, value.architecture, value.variant].filter(
      (part) => typeof part === "string" && part !== "",
    )
    if (parts.length >= 2) this.#platforms.set(digest, parts.join("/"))
  }
}
