import type { Fleet } from "../fleet/fleet.ts"

/** Where the images of a fleet are: its registry with its slug appended. */
export function imagesOf({ slug, registry }: Pick<Fleet, "slug" | "registry">): string {
  return registry === null ? "the content store" : `${registry}/${slug}`
}
