import { z } from "zod"
import type { ContentComparison, ReleaseComparison } from "../operations/compare-releases.ts"
import { digest } from "./texts.ts"

const difference = z.object({
  service: z.string(),
  key: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
})

const image = z.object({ name: z.string(), image: digest })

const blobs = z.object({ blobs: z.int(), bytes: z.int() })

/** What is another in a release than in the one before it. */
export const comparisonSchema = z
  .object({
    services: z.object({
      added: z.array(image),
      removed: z.array(image),
      changed: z
        .array(z.object({ name: z.string(), before: digest, after: digest }))
        .meta({ description: "their images" }),
    }),
    environment: z.array(difference).meta({ description: "of the services that both have" }),
    ports: z.array(difference).meta({ description: "by the port of the container, as 80/tcp" }),
    other: z
      .array(
        z.object({
          service: z.string().nullable(),
          key: z.string(),
          before: z.unknown(),
          after: z.unknown(),
        }),
      )
      .meta({ description: "all else of the composition, of a service or of all" }),
    moved: blobs.meta({ description: "what has to move where the one before is there" }),
    shared: blobs,
  })
  .meta({ id: "ReleaseComparison" }) satisfies z.ZodType<ReleaseComparison & ContentComparison>
