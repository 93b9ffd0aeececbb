import type { ServiceImage } from "../bundle/release-index.ts"
import { type CopyOptions, copyGraph } from "../content/copy.ts"
import { loadGraph } from "../content/graph.ts"
import type { OperationOptions } from "../content/interfaces.ts"
import type { Fleet } from "../fleet/fleet.ts"
import { type Descriptor, plainDescriptor } from "../oci/descriptor.ts"
import type { Platform } from "../oci/platform.ts"
import { closeAll } from "./close-all.ts"
import type { Context, FleetContent } from "./context.ts"
import { type ImageReference, printImageReference } from "./image-reference.ts"
import { type OpenImage, openImage } from "./image-source.ts"
import { fleetRepository } from "./mount-source.ts"
import { refuseRelease } from "./refuse-release.ts"
import { selectPlatform } from "./select-platform.ts"

/** The image that a service is to run, as it was named. */
export interface WantedImage {
  service: string
  image: ImageReference
}

interface ResolvedImage {
  reference: ImageReference
  open: OpenImage
  descriptor: Descriptor
}

/** The images of services where they are, resolved to digests. Whoever opens it disposes of it. */
export class ServiceImages implements AsyncDisposable {
  readonly #wanted: readonly WantedImage[]
  /** By name: several services may have one image. */
  readonly #resolved = new Map<string, ResolvedImage>()

  private constructor(wanted: readonly WantedImage[]) {
    this.#wanted = wanted
  }

  /** Opens the places of all images and resolves them, of several platforms the one that is given. Takes nothing in. */
  static async open(
    context: Pick<Context, "registries">,
    wanted: readonly WantedImage[],
    platform: Platform | undefined,
    options: OperationOptions,
  ): Promise<ServiceImages> {
    const images = new ServiceImages(wanted)
    try {
      for (const { image } of wanted) {
        const name = printImageReference(image)
        if (images.#resolved.has(name)) continue
        const open = await openImage(context, image, options)
        const resolved = { reference: image, open, descriptor: open.descriptor }
        images.#resolved.set(name, resolved)
        if (platform === undefined) continue
        resolved.descriptor = await selectPlatform(open.source, open.descriptor, platform, name, options)
      }
      return images
    } catch (error) {
      await images[Symbol.asyncDispose]()
      throw error
    }
  }

  /** In the order of the services. */
  get digests(): ServiceImage[] {
    return this.#wanted.map(({ service, image }) => {
      const resolved = this.#resolved.get(printImageReference(image))
      if (resolved === undefined) throw new Error(`the image of ${service} is not resolved`)
      return { service, image: plainDescriptor(resolved.descriptor) }
    })
  }

  /** Copies what a fleet lacks of the images, each once. */
  async takeIn(
    fleet: Fleet,
    target: FleetContent,
    options: CopyOptions & { onService?: ((service: string, image: string) => void) | undefined },
  ): Promise<void> {
    const taken = new Set<string>()
    for (const { service, image } of this.#wanted) {
      const name = printImageReference(image)
      options.onService?.(service, name)
      const resolved = this.#resolved.get(name)
      if (resolved === undefined || taken.has(name)) continue
      taken.add(name)
      const { source } = resolved.open
      const graph = await loadGraph(source, resolved.descriptor, options)
      refuseRelease(graph.document(resolved.descriptor.digest).manifest, name)
      await copyGraph(source, graph, target, { ...options, mountFrom: mountFromSource(fleet, image) })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(
      [...this.#resolved.values()].map(
        ({ open }) =>
          () =>
            open.close(),
      ),
    )
  }
}

/** An image in the fleet's own registry need not pass through here, nor what another fleet of the same store has. */
function mountFromSource(fleet: Fleet, image: ImageReference): CopyOptions["mountFrom"] {
  if (fleet.registry === null) return async () => null
  if (image.transport !== "docker") return undefined
  const { registry, repository } = image.reference
  if (fleetRepository({ ...fleet, registry: fleet.registry }).registry !== registry) return undefined
  return async () => repository
}
