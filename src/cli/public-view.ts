import type { Fleet } from "../fleet/fleet.ts"

/** What it means that a fleet is public now, or is not. A server gives out only what it keeps itself. */
export function publicSentence({ slug, registry, isPublic }: Fleet): string {
  if (registry !== null) {
    const mark = isPublic ? "public" : "not public"
    return `${slug} is ${mark}; who can pull its images is up to ${registry}, which keeps them`
  }
  return isPublic
    ? `anybody can now pull the images of ${slug} from the server without a token`
    : `the images of ${slug} can now be pulled from the server with a token or a device's key alone`
}

/** The same in a word or two. */
export function publicWords({ registry, isPublic }: Fleet): string {
  if (!isPublic) return "no"
  return registry === null
    ? "yes, anybody can pull its images"
    : `yes, as far as ${registry} lets anybody pull`
}
