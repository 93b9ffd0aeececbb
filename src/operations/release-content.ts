import { forEachConcurrent } from "../content/concurrency.ts"
import { ContentError } from "../content/content-error.ts"
import { sumOfSizes } from "../content/copy.ts"
import { type Graph, loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import { readDocument } from "../content/read-document.ts"
import { LIMIT_HINT } from "../content/release-limits.ts"
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts"
import type { Digest } from "../oci/digest.ts"
import { type ImageManifest, type Manifest, successors } from "../oci/manifest.ts"
import { printPlatform } from "../oci/platform.ts"
import type { Context, FleetContent } from "./context.ts"
import { ImageConfigs } from "./image-configs.ts"
import type { SuccessfulRelease } from "./successful-release.ts"

/** An image for one platform. Sizes are in bytes, as they are stored and sent. */
export interface PlatformImage {
  /** As `linux/arm64/v8`; `null` where neither the image nor its index says. */
  platform: string | null
  manifest: Descriptor
  config: Descriptor
  /** From the lowest up. */
  layers: Descriptor[]
  /** Of manifest, configuration and layers, each once. */
  size: number
}

export interface ServiceContent {
  name: string
  /** As the release names it: an index where it is for several platforms. */
  image: Descriptor
  /** In the order of the index. */
  platforms: PlatformImage[]
}

/** A layer, and the names of the services that have it in one of their images. */
export interface ReleaseLayer extends Descriptor {
  services: string[]
}

/** What the images of a release are made of. */
export interface ReleaseContent {
  /** In order of their names. */
  services: ServiceContent[]
  /** Each once, in the order of the services. */
  layers: ReleaseLayer[]
  /** Of all indexes, manifests, configurations and layers, each once. */
  size: number
}

const CONFIGS_AT_ONCE = 8

/** Manifests and layers that are named, by each service anew: a thousand services can share one image of a hundred thousand layers. */
const MAX_NAMED = 200_000

/**
 * Reads what the images of a release are made of, from the manifests alone. Throws `LIMIT_EXCEEDED`, and what reading the content
 * throws.
 */
export async function readReleaseContent(
  context: Pick<Context, "fleets" | "contentOf" | "readContent">,
  release: SuccessfulRelease,
  options: OperationOptions = {},
): Promise<ReleaseContent> {
  if (context.readContent !== undefined) return context.readContent(release, options)
  const source = await context.contentOf(await context.fleets.getFleet(release.fleet, options))
  const graph = await loadGraph(source, release.index, options)
  const configs = await readConfigs(source, graph, release, options)
  const images = new ImageWalk(graph, configs)
  const services = release.services.map(({ name, ...image }) => ({
    name,
    image: plainDescriptor(image),
    platforms: images.of(image),
  }))
  return { services, layers: layersOf(services), size: sizeOf(blobsOf({ services })) }
}

/** All that the images of a release are made of, each once. */
export function blobsOf({ services }: Pick<ReleaseContent, "services">): Map<Digest, Descriptor> {
  const blobs = new Map<Digest, Descriptor>()
  for (const { image, platforms } of services) {
    blobs.set(image.digest, image)
    for (const { manifest, config, layers } of platforms) {
      for (const blob of [manifest, config, ...layers]) blobs.set(blob.digest, blob)
    }
  }
  return blobs
}

/** Of blobs together, in bytes. */
export function sizeOf(blobs: ReadonlyMap<Digest, Descriptor>): number {
  return sumOfSizes([...blobs.values()])
}

/** An index names its platforms itself; what an image that stands alone is for, its configuration says. */
async function readConfigs(
  source: FleetContent,
  graph: Graph,
  { services }: SuccessfulRelease,
  options: OperationOptions,
): Promise<ImageConfigs> {
  const alone = new Map<Digest, Descriptor>()
  for (const { digest } of services) {
    const { manifest } = graph.document(digest)
    if (manifest.kind === "manifest") alone.set(manifest.config.digest, manifest.config)
  }
  const configs = new ImageConfigs()
  await forEachConcurrent(alone.values(), CONFIGS_AT_ONCE, options.signal, async (config, signal) => {
    if (configs.wants(config)) configs.add(config, await readDocument(source, config, { signal }))
  })
  return configs
}

/** Finds the images for single platforms, each document parsed once. */
class ImageWalk {
  readonly #graph: Graph
  readonly #configs: ImageConfigs
  readonly #manifests = new Map<Digest, Manifest>()
  #named = 0

  constructor(graph: Graph, configs: ImageConfigs) {
    this.#graph = graph
    this.#configs = configs
  }

  /** Each once, though indexes can name one another many times. */
  of(image: Descriptor): PlatformImage[] {
    const seen = new Set<Digest>()
    const images: PlatformImage[] = []
    const collect = (descriptor: Descriptor) => {
      if (seen.has(descriptor.digest)) return
      seen.add(descriptor.digest)
      const manifest = this.#manifestOf(descriptor)
      this.#count(successors(manifest).length)
      if (manifest.kind === "index") for (const child of manifest.manifests) collect(child)
      else images.push(this.#platformImage(descriptor, manifest))
    }
    collect(image)
    return images
  }

  #manifestOf({ digest }: Descriptor): Manifest {
    const manifest = this.#manifests.get(digest) ?? this.#graph.document(digest).manifest
    this.#manifests.set(digest, manifest)
    return manifest
  }

  #platformImage(descriptor: Descriptor, { config, layers }: ImageManifest): PlatformImage {
    const platform = descriptor.platform ?? this.#configs.get(config.digest)?.platform
    const parts = [descriptor, config, ...layers]
    return {
      platform: platform === undefined ? null : printPlatform(platform),
      manifest: plainDescriptor(descriptor),
      config: plainDescriptor(config),
      layers: layers.map(plainDescriptor),
      size: sizeOf(new Map(parts.map((part) => [part.digest, part]))),
    }
  }

  #count(named: number): void {
    this.#named += named
    if (this.#named <= MAX_NAMED) return
    const what = `the images of ${this.#graph.root.digest}, each for itself, name more than ${MAX_NAMED} layers`
    throw new ContentError("LIMIT_EXCEEDED", what, { hint: LIMIT_HINT })
  }
}

function layersOf(services: readonly ServiceContent[]): ReleaseLayer[] {
  const layers = new Map<Digest, { layer: Descriptor; services: Set<string> }>()
  for (const { name, platforms } of services) {
    for (const layer of platforms.flatMap((image) => image.layers)) {
      const known = layers.get(layer.digest)
      if (known === undefined) layers.set(layer.digest, { layer, services: new Set([name]) })
      else known.services.add(name)
    }
  }
  return [...layers.values()].map((each) => ({ ...each.layer, services: [...each.services] }))
}
