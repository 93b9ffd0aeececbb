import { z } from "zod"
import { describeIssue } from "./issue.ts"

/**
 * A list that is checked up to the first element that does not fit. A document of the largest size has room for a
 * million of them, and all their faults would take half a minute to note.
 */
export function listOf<Schema extends z.ZodType>(schema: Schema) {
  return z.array(z.unknown()).transform((values, context): z.output<Schema>[] => {
    const found: z.output<Schema>[] = []
    for (const [at, value] of values.entries()) {
      const result = schema.safeParse(value)
      if (!result.success) return fault(context, at, result.error)
      found.push(result.data)
    }
    return found
  })
}

/** Texts by their names, checked in the same way. */
export const textsSchema = z
  .custom<Record<string, unknown>>(isRecord, "it should be an object")
  .transform((values, context) => {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== "string") return fault(context, name, z.string().safeParse(value).error)
    }
    return values as Record<string, string>
  })

/** Whether a value is an object of JSON, neither a list nor null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function fault(context: z.core.$RefinementCtx, place: string | number, error: z.ZodError | undefined): never {
  const issue = error?.issues[0]
  context.addIssue({ code: "custom", message: describeIssue(issue), path: [place, ...(issue?.path ?? [])] })
  return z.NEVER
}
