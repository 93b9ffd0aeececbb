import { visible } from "../errors/quote.ts"
import type { Fleet } from "../fleet/fleet.ts"

/**
 * What it means that a fleet is public now, or is not. A server gives out only what it keeps itself; the release
 * manifests, with the environment in their compositions, lie in one repository with the images.
 */
export function publicSentence({ slug, registry, isPublic }: Fleet): string {
  if (registry !== null) {
    const mark = isPublic ? "public" : "not public"
    return `${slug} is ${mark}; who can pull its images is up to ${visible(registry)}, which keeps them`
  }
  return isPublic
    ? `anybody can now pull the images of ${slug} from the server without a token, and the compose files of its releases with them`
    : `the images of ${slug} can now be pulled from the server with a token or a device's key alone`
}

/** The same in a word or two. */
export function publicWords({ registry, isPublic }: Fleet): string {
  if (!isPublic) return "no"
  return registry === null
    ? "yes, anybody can pull its images"
    : `yes, as far as ${registry} lets anybody pull`
}
