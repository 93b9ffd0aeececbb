import type { z } from "zod"
import { ApiError } from "./api-error.ts"

/** Writes where a list goes on, as text that clients give back and do not look into. */
export function printCursor(place: string | number): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url")
}

/** Reads it again. Throws `INVALID_REQUEST`. */
export function parseCursor<Place extends string | number>(
  cursor: string | undefined,
  schema: z.ZodType<Place>,
): Place | undefined {
  if (cursor === undefined) return undefined
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()))
  } catch (cause) {
    throw new ApiError("INVALID_REQUEST", "that is not a cursor of this list", {
      hint: "give `next` of the page before, as it was",
      cause,
    })
  }
}
