import canonicalize from "canonicalize"
import type { z } from "zod"
import { quoteUnlessPlain } from "../errors/quote.ts"
import { OciError } from "./oci-error.ts"

/** Manifests over this size are refused, as the distribution specification lets registries do; in bytes. */
export const MAX_DOCUMENT_SIZE = 4 * 1024 * 1024

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * Parses untrusted JSON once, at the edge: strict UTF-8, at most `limit` bytes, one schema.
 * Throws `INVALID_DOCUMENT` naming `what` and the first place that does not fit.
 */
export function parseJson<Schema extends z.ZodType>(
  bytes: Uint8Array,
  what: string,
  schema: Schema,
  limit = MAX_DOCUMENT_SIZE,
): z.output<Schema> {
  if (bytes.length > limit) {
    throw new OciError("INVALID_DOCUMENT", `${what} has ${bytes.length} bytes; at most ${limit} are read`)
  }
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes))
  } catch (cause) {
    throw new OciError("INVALID_DOCUMENT", `${what} is not valid JSON in UTF-8`, { cause })
  }
  const result = validate(schema, value, what)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = quoteUnlessPlain(issue?.path.map(String).join(".") ?? "") || "the document"
  throw new OciError("INVALID_DOCUMENT", `${what} is not valid: ${path}: ${issue?.message ?? "unknown"}`, {
    cause: result.error,
  })
}

/** Writes canonical JSON (RFC 8785) as UTF-8 bytes. Throws `INVALID_DOCUMENT` for what JSON cannot say. */
export function canonicalJson(value: unknown): Uint8Array {
  let text: string | undefined
  try {
    text = canonicalize(value)
  } catch (cause) {
    throw new OciError(
      "INVALID_DOCUMENT",
      `the value cannot be written as JSON: ${(cause as Error).message}`,
      { cause },
    )
  }
  if (text === undefined) throw new OciError("INVALID_DOCUMENT", "the value cannot be written as JSON")
  return new TextEncoder().encode(text)
}

/** Whether the bytes are the canonical form (RFC 8785) of the JSON that they hold. */
export function isCanonicalJson(bytes: Uint8Array): boolean {
  try {
    return Buffer.compare(canonicalJson(JSON.parse(utf8.decode(bytes))), bytes) === 0
  } catch {
    return false
  }
}

/** A document nested a million levels deep overflows the stack of a recursive schema. */
function validate<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string) {
  try {
    return schema.safeParse(value)
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new OciError("INVALID_DOCUMENT", `${what} is nested too deeply`, { cause })
    throw cause
  }
}
