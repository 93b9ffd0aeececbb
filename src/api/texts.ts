import { z } from "zod"
import { isPlainText } from "../fleet/plain-text.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import type { Digest } from "../oci/digest.ts"
import { isRecord } from "../oci/first-fault.ts"

// Texts are checked by their form here, so that the OpenAPI document says it; what a form cannot say, the domain checks.

/** ISO 8601 in UTC, as answers give times. */
export const time = z.iso.datetime()

export const fleetSlug = z
  .string()
  .max(1000)
  .regex(/^[^/]+\/[^/]+$/, "not organization/name")
  .meta({
    description: "organization/name, lower case",
    example: "acme/edge",
  }) as unknown as z.ZodType<FleetSlug>

export const digest = z
  .string()
  .regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, "not a sha256 or sha512 digest in lower-case hex")
  .meta({ description: "digest of content (image-spec 1.1, descriptor.md)" }) as unknown as z.ZodType<Digest>

export const id = z.int().positive()

/**
 * A number where a query, whose numbers are texts, and a body have the same filters. Nothing else is taken for one: `null` and an empty text
 * would be 0, and `true` 1, which let through other devices than were meant.
 */
export function numberOrText<Schema extends z.ZodType<number>>(schema: Schema) {
  return z.preprocess(
    (value) => (typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value),
    schema,
  )
}

/** A text that the domain checks, and explains where it does not fit. */
export const shortText = z.string().max(1000)

/** A text that goes to the database as it is. */
export const plainText = z.string().refine(isPlainText, "not plain text")

/** What a person types to find something. */
export const search = plainText
  .max(255)
  .optional()
  .meta({ description: "a text to look for; capital letters of ASCII are as lower case" })

// zod's records leave a key named __proto__ out, which a tag or a composition may well have: these keep what came.

export const jsonObject = z
  .custom<Record<string, unknown>>(isRecord, "not an object")
  .meta({ type: "object", additionalProperties: true })

export const textRecord = z
  .custom<Record<string, string>>(
    (value) => isRecord(value) && Object.values(value).every((each) => typeof each === "string"),
    "not an object of texts",
  )
  .meta({ type: "object", additionalProperties: { type: "string" } })

export const tagChanges = z
  .custom<Record<string, string | null>>(
    (value) =>
      isRecord(value) && Object.values(value).every((each) => each === null || typeof each === "string"),
    "not an object of texts and nulls",
  )
  .meta({ type: "object", additionalProperties: { type: ["string", "null"] } })

/** Not `nullable()`: a generator of OpenAPI documents would write that as something that no null fits. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return z.union([schema, z.null()])
}
