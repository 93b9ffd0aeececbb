import { z } from "zod"
import type { ReleaseContent } from "../operations/release-content.ts"
import { descriptorSchema } from "./release.ts"

const size = z.int().nonnegative()

/** An image for one platform. */
const platformImageSchema = z
  .object({
    platform: z.string().nullable().meta({ example: "linux/arm64/v8" }),
    manifest: descriptorSchema,
    config: descriptorSchema,
    layers: z.array(descriptorSchema).meta({ description: "from the lowest up" }),
    size: size.meta({ description: "of manifest, configuration and layers, each once, in bytes" }),
  })
  .meta({ id: "PlatformImage" })

/** What the images of a release are made of. */
export const releaseContentSchema = z
  .object({
    services: z.array(
      z.object({ name: z.string(), image: descriptorSchema, platforms: z.array(platformImageSchema) }),
    ),
    layers: z
      .array(descriptorSchema.extend({ services: z.array(z.string()) }))
      .meta({ description: "each once, with the services that have it" }),
    size: size.meta({
      description: "of all indexes, manifests, configurations and layers, each once, in bytes",
    }),
  })
  .meta({ id: "ReleaseContent" }) satisfies z.ZodType<ReleaseContent>
