import type { Answer } from "../../calls/routes.ts"

export type ReleaseContent = Answer<"get /releases/{id}/content">
export type Service = ReleaseContent["services"][number]

/** Enough of a digest to tell it from others. */
export function shortDigest(digest: string): string {
  const [algorithm, hex = ""] = digest.split(":")
  return `${algorithm}:${hex.slice(0, 12)}`
}
