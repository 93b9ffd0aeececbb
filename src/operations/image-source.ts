import type { ContentSource, OperationOptions } from "../content/interfaces.ts"
import type { Descriptor } from "../oci/descriptor.ts"
import type { Context } from "./context.ts"
import type { ImageReference } from "./image-reference.ts"

/** An image where it is, ready to be copied. */
export interface OpenImage {
  source: ContentSource
  descriptor: Descriptor
  close(): Promise<void>
}

const nothing = async () => undefined

/** Opens the place that an image is taken from and resolves it to a digest. The caller closes it. */
export async function openImage(
  context: Pick<Context, "registries">,
  image: ImageReference,
  options: OperationOptions = {},
): Promise<OpenImage> {
  switch (image.transport) {
    case "docker": {
      const { registry, repository, tag = "latest", digest } = image.reference
      const source = (await context.registries()).repository(registry, repository)
      return resolved(source, digest ?? tag, nothing, options)
    }
    case "oci": {
      const { openLayout } = await import("../layout/layout-source.ts")
      return resolved(await openLayout(image.path), image.name, nothing, options)
    }
    case "oci-archive": {
      const { openOciArchive } = await import("../bundle/oci-archive.ts")
      const archive = await openOciArchive(image.path, options)
      return resolved(archive, image.name, () => archive.close(), options)
    }
    case "docker-archive": {
      const { openDockerArchive } = await import("../bundle/docker-archive.ts")
      const archive = await openDockerArchive(image.path, options)
      return resolved(archive, image.name, () => archive.close(), options)
    }
    default:
      return image satisfies never
  }
}

async function resolved(
  source: ContentSource,
  name: string,
  close: () => Promise<unknown>,
  options: OperationOptions,
): Promise<OpenImage> {
  try {
    const descriptor = await source.resolve(name, options)
    return { source, descriptor, close: async () => void (await close()) }
  } catch (error) {
    await close()
    throw error
  }
}
