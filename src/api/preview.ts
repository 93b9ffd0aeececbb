import { z } from "zod"

/** Of changes that say what they make devices run. */
export const previewQuery = z.strictObject({
  preview: z.enum(["true", "false"]).default("false").meta({
    description: "with true, the answer is the one that the change would have now, and nothing is changed",
  }),
})
