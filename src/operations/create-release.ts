import type { CopyOptions } from "../content/copy.ts"
import { describeError } from "../errors/describe.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { Platform } from "../oci/platform.ts"
import { invalidCompose } from "./compose-error.ts"
import type { ServiceImageName } from "./compose-file.ts"
import type { Context } from "./context.ts"
import { parseImageReference } from "./image-reference.ts"
import { type ComposeSource, projectFolder, readComposeFiles } from "./read-compose-files.ts"
import type { BuiltRelease } from "./record-built-release.ts"
import { ReleaseCreation } from "./release-creation.ts"
import type { WantedImage } from "./service-images.ts"

export interface CreateRequest {
  fleet: FleetSlug
  /**
   * The compose file, or several, of which later ones are merged into those before as Compose does. Paths of images start at the
   * folder of the first that is a path.
   */
  composeFile: ComposeSource | readonly ComposeSource[]
  /** Variables for the names of images, before those of the `.env` in that folder. Default: none. */
  environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Default: that of the release which the commit names, else 0.0.0 where the fleet has none above that. */
  version?: string | undefined
  variant?: string | undefined
  /** Of the source, in hex. Default: made from the content, so that the same content has the same. */
  commit?: string | undefined
  tags?: Readonly<Record<string, string>> | undefined
  note?: string | undefined
  /** A draft gets no revision and is never latest. Default `false`. */
  isDraft?: boolean | undefined
  /** Takes this platform alone out of images for several. Default: the images as they are. */
  platform?: Platform | undefined
  /** Whether a build that fails from its first image on is recorded as a failed release, with its reason. Default `false`. */
  recordFailure?: boolean | undefined
}

export interface CreateOptions extends Pick<CopyOptions, "concurrency" | "onTransfer" | "signal"> {
  /** Called before the image of a service is taken in. */
  onService?: ((service: string, image: string) => void) | undefined
}

/**
 * What a creation did. Where the release was there, its content and tags were checked, and mended where missing. Warnings also name
 * what the release cannot carry along.
 */
export type CreateResult = BuiltRelease

/**
 * Creates a release: resolves every image of a compose file to a digest and takes it in. Doing it again changes nothing, and mends
 * what is missing: what has the commit and, but for the time of creation, the same content is the release that is there. Throws
 * `INVALID_COMPOSE_FILE`, `VERSION_REQUIRED`, `COMMIT_CONFLICT` when the fleet has that commit with other content, and what the
 * parts throw. Nothing is recorded then, unless `recordFailure` says so.
 */
export async function createRelease(
  context: Context,
  request: CreateRequest,
  options: CreateOptions = {},
): Promise<CreateResult> {
  const fleet = await context.fleets.getFleet(request.fleet, options)
  const sources = [request.composeFile].flat()
  const file = await readComposeFiles(sources, request.environment ?? {})
  const wanted = wantedImages(file.images, projectFolder(sources))
  const creation = new ReleaseCreation(context, fleet, request, file, options)
  const recorded = await creation.create(wanted)
  return { ...recorded, warnings: [...file.warnings, ...recorded.warnings] }
}

function wantedImages(images: readonly ServiceImageName[], folder: string): WantedImage[] {
  return images.map(({ service, image, path }) => {
    try {
      return { service, image: parseImageReference(image, folder) }
    } catch (error) {
      const { message, hint = "name an image" } = describeError(error)
      throw invalidCompose(path, `service ${service}: ${message}`, hint, error)
    }
  })
}
