import { z } from "zod"
import type { ContentSource, OperationOptions } from "../content/interfaces.ts"
import { readDocument } from "../content/read-document.ts"
import { type Descriptor, plainDescriptor, platformSchema } from "../oci/descriptor.ts"
import { parseJson } from "../oci/json.ts"
import { parseManifest } from "../oci/manifest.ts"
import { type Platform, platformMatches, printPlatform } from "../oci/platform.ts"
import { OperationError } from "./operation-error.ts"
import { refuseRelease } from "./refuse-release.ts"

/** What an image configuration says it runs on (image-spec 1.1, config.md). */
const configSchema = z.object({ ...platformSchema.partial().shape })

/**
 * The image for one platform: an index's entry, or the image itself if that is what it is for.
 * Throws `PLATFORM_NOT_FOUND` naming the platforms there are, and what `refuseRelease` throws.
 */
export async function selectPlatform(
  source: ContentSource,
  image: Descriptor,
  wanted: Platform,
  name: string,
  options: OperationOptions = {},
): Promise<Descriptor> {
  const manifest = parseManifest(await readDocument(source, image, options), image.mediaType, name)
  refuseRelease(manifest, name)
  if (manifest.kind === "index") {
    const found = manifest.manifests.find(({ platform }) => platform && platformMatches(wanted, platform))
    if (found) return plainDescriptor(found)
    const offered = manifest.manifests.flatMap(({ platform }) => (platform ? [printPlatform(platform)] : []))
    throw notFound(name, wanted, offered)
  }
  const config = parseJson(
    await readDocument(source, manifest.config, options),
    `the configuration of ${name}`,
    configSchema,
  )
  const { os, architecture, variant } = config
  if (os === undefined || architecture === undefined) throw notFound(name, wanted, [])
  if (platformMatches(wanted, { os, architecture, variant })) return image
  throw notFound(name, wanted, [printPlatform({ os, architecture, variant })])
}

function notFound(name: string, wanted: Platform, offered: readonly string[]): OperationError {
  return new OperationError("PLATFORM_NOT_FOUND", `${name} is not made for ${printPlatform(wanted)}`, {
    hint:
      offered.length === 0
        ? "the image names no platform: leave --platform out"
        : `it is made for ${[...new Set(offered)].join(", ")}`,
  })
}
