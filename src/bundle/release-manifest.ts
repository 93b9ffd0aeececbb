import { valid } from "semver"
import { z } from "zod"
import type { Digest } from "../oci/digest.ts"
import { isDigest } from "../oci/digest.ts"
import { isRecord, textsSchema } from "../oci/first-fault.ts"
import { canonicalJson, parseJson } from "../oci/json.ts"

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** A compose service name, as the compose specification allows it; its length is policy of the fleet. */
const serviceName = z.string().regex(/^[a-zA-Z0-9._-]{1,63}$/, "not a service name")

/** `revN` as an identifier of the build metadata. */
const REVISION = /\+(?:[^+]*\.)?rev[0-9]+(?:\.|$)/

// zod's records leave a key named __proto__ out without a word. In tags and composition it is one like all others; a
// service cannot have that name, no more than in a compose file.
const jsonObject = z.custom<{ [key: string]: Json }>(isRecord, "Invalid input: expected record")

const servicesSchema = z
  .custom<Record<string, unknown>>(isRecord, "Invalid input: expected record")
  .refine((services) => !Object.hasOwn(services, "__proto__"), {
    path: ["__proto__"],
    message: "not a service name",
  })
  .pipe(
    z.record(
      serviceName,
      z.looseObject({
        image: z
          .string()
          .refine(isDigest, "not a digest")
          .transform((text) => text as Digest),
      }),
    ),
  )

const releaseManifestSchema = z.looseObject({
  commit: z.string().regex(/^[0-9a-f]{7,40}$/, "not a commit of 7 to 40 hex digits"),
  semver: z
    .string()
    .refine((text) => valid(text) === text.replace(/\+.*$/, ""), "not a semantic version")
    .refine(
      (text) => !REVISION.test(text),
      "a version with a revision, which a fleet assigns and no bundle carries",
    ),
  createdAt: z.iso.datetime(),
  composition: jsonObject,
  contract: jsonObject.optional(),
  note: z.string().max(1_000_000).optional(),
  tags: textsSchema,
  variant: z.string().optional(),
  services: servicesSchema,
})

/**
 * What a release is, without who exported it, when, or from which fleet. `semver` carries no revision; `createdAt`
 * (RFC 3339, UTC) is the time of the original build. Unknown fields stay in the bytes, which are never rewritten.
 */
export type ReleaseManifest = z.output<typeof releaseManifestSchema>

/** Parses `release.json`. Throws `INVALID_DOCUMENT`. */
export function parseReleaseManifest(bytes: Uint8Array): ReleaseManifest {
  return parseJson(bytes, "the release manifest", releaseManifestSchema)
}

/** Writes `release.json` as canonical JSON, after checking it as a reader would. Throws `INVALID_DOCUMENT`. */
export function printReleaseManifest(manifest: ReleaseManifest): Uint8Array {
  const bytes = canonicalJson(manifest)
  parseReleaseManifest(bytes)
  return bytes
}
