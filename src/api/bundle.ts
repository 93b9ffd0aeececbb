import { z } from "zod"
import { problemSchema } from "./problem.ts"
import { descriptorSchema, recordedReleaseSchema, serviceSchema } from "./release.ts"
import { digest, fleetSlug, jsonObject, orNull, plainText, shortText, textRecord, time } from "./texts.ts"

/** Of a bundle: a tar file that is an OCI image layout as well. */
export const BUNDLE_TYPE = "application/x-tar"

/** What a bundle may be sent as; nothing at all is fine too, as `curl -T` does. */
export const BUNDLE_TYPES = [
  BUNDLE_TYPE,
  "application/tar",
  "application/octet-stream",
  "application/vnd.oci.image.layout.v1.tar",
] as const

const names = {
  overrideVersion: shortText
    .optional()
    .meta({ description: "names the release in this fleet", example: "2.0.0" }),
  draft: z.enum(["true", "false"]).optional().meta({
    description: "whether the fleet records a draft; without it, what the bundle says",
  }),
}

export const bundleCheckQuery = z.strictObject(names)

export const importQuery = bundleCheckQuery.extend({
  content: z.enum(["whole", "head"]).default("whole").meta({
    description: "head: the body is the head of a bundle whose blobs the fleet has already",
  }),
  import: z
    .string()
    .regex(/^[A-Za-z0-9_-]{8,64}$/, "not 8 to 64 letters, digits, _ and -")
    .optional()
    .meta({ description: "an id of your own, to find the import by while it is under way" }),
})

/** A release after its import. */
export const importedReleaseSchema = recordedReleaseSchema
  .extend({
    wasThere: z.boolean().meta({ description: "whether the fleet had it before: then nothing has changed" }),
    isDraft: z.boolean().meta({
      description: "whether it came as a draft; where it was there, the fleet keeps what it has",
    }),
    warnings: z.array(z.string()).meta({ description: "what did not work though it is recorded" }),
  })
  .meta({ id: "ImportedRelease" })

/** An import that is under way. */
const runningImportSchema = z
  .object({
    id: z.string(),
    fleet: fleetSlug,
    actor: z.string(),
    begunAt: time,
    version: z.string().nullable().meta({ description: "null until the head of the bundle is there" }),
    size: z.int().nullable().meta({ description: "of the whole bundle, in bytes; null until it is known" }),
    received: z.int().meta({ description: "in bytes" }),
  })
  .meta({ id: "RunningImport" })

export type RunningImport = z.output<typeof runningImportSchema>

export const runningImportsSchema = z
  .object({ items: z.array(runningImportSchema) })
  .meta({ id: "RunningImports" })

/** What a bundle is, and what a fleet lacks of it. */
export const bundleCheckSchema = z
  .object({
    release: z
      .object({
        commit: z.string(),
        createdAt: z.string(),
        semver: z.string().meta({ description: "as the bundle has it", example: "1.2.3" }),
        variant: z.string(),
        isDraft: z.boolean().meta({ description: "as the bundle says" }),
        composition: jsonObject,
        note: z.string().nullable(),
        tags: textRecord,
        index: descriptorSchema,
        services: z.array(serviceSchema),
      })
      .meta({ id: "BundledRelease" }),
    version: z.string().nullable().meta({
      description:
        "what the fleet would call it now, or calls it where it is there; null where it would be refused",
      example: "1.2.3+rev1",
    }),
    wasThere: z.boolean().meta({ description: "whether the fleet has the release already" }),
    conflict: orNull(problemSchema).meta({ description: "why the fleet would refuse it" }),
    size: z.int().meta({ description: "of the whole bundle, in bytes" }),
    headSize: z
      .int()
      .meta({ description: "of its head, in bytes: all that stands before the first blob to be sent" }),
    blobs: z.object({ count: z.int(), bytes: z.int() }).meta({ description: "all that follow the head" }),
    missing: z
      .array(
        z.object({
          mediaType: plainText,
          digest,
          size: z.int(),
          offset: z.int().meta({ description: "where it begins in the bundle, in bytes" }),
        }),
      )
      .meta({ description: "those that the fleet lacks, in the order of the bundle" }),
  })
  .meta({ id: "BundleCheck" })

export type BundleCheck = z.output<typeof bundleCheckSchema>
