import { createHash } from "node:crypto"
import type { NewRelease, UnsuccessfulRelease } from "../../src/fleet/release.ts"
import { parseVersion } from "../../src/fleet/version.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { MediaType } from "../../src/oci/media-types.ts"

const content = {
  createdAt: "2026-01-01T00:00:00.000Z",
  composition: { services: { web: { image: "web" }, api: { image: "api" } } },
  contract: null,
  note: null,
  tags: {},
}

/** A commit made from any text. */
function commitOf(text: string): string {
  return createHash("sha1").update(text).digest("hex")
}

export function descriptorOf(text: string, mediaType: string = MediaType.ociManifest) {
  return { mediaType, digest: digestOf(new TextEncoder().encode(text)), size: text.length }
}

/** A successful release whose commit and content come from `seed`. */
export function sampleRelease(seed: string, changes: Partial<NewRelease> = {}): NewRelease {
  return {
    ...content,
    commit: commitOf(seed),
    version: parseVersion("1.2.3"),
    index: descriptorOf(`index of ${seed}`, MediaType.ociIndex),
    services: [
      { name: "api", ...descriptorOf("api") },
      { name: "web", ...descriptorOf("web") },
    ],
    ...changes,
  }
}

export function sampleFailure(seed: string, changes: Partial<UnsuccessfulRelease> = {}): UnsuccessfulRelease {
  return {
    ...content,
    commit: commitOf(seed),
    version: parseVersion("1.2.3"),
    status: "failed",
    failureReason: "the image of web is not there",
    ...changes,
  }
}
