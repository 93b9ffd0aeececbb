import { z } from "zod"
import { type Digest, isDigest } from "./digest.ts"
import { listOf, textsSchema } from "./first-fault.ts"

const digestSchema = z
  .string()
  .refine(isDigest, "not a sha256 or sha512 digest in lower-case hex")
  .transform((text) => text as Digest)

/** A platform as an index or an image configuration states it. */
export const platformSchema = z.object({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
})

/** image-spec 1.1, descriptor.md. Sizes are in bytes. `data` is not used: content is read from where it is stored. */
export const descriptorSchema = z.object({
  mediaType: z.string().min(1).max(255),
  digest: digestSchema,
  size: z.int().nonnegative(),
  urls: listOf(z.string()).optional(),
  annotations: textsSchema.optional(),
  platform: platformSchema.optional(),
  artifactType: z.string().optional(),
})

/** Names content by type, digest and size in bytes (image-spec 1.1, descriptor.md). */
export type Descriptor = z.output<typeof descriptorSchema>

/** The three fields that identify content, without what one reference says about it. */
export function plainDescriptor(descriptor: Descriptor): Descriptor {
  return { mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size }
}
