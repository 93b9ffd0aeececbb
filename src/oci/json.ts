import canonicalize from "canonicalize"
import type { z } from "zod"
import { quoteUnlessPlain } from "../errors/quote.ts"
import { describeIssue } from "./issue.ts"
import { OciError } from "./oci-error.ts"

/** Manifests over this size are refused, as the distribution specification lets registries do; in bytes. */
export const MAX_DOCUMENT_SIZE = 4 * 1024 * 1024

/**
 * Levels of objects and lists in each other. What parses, checks and prints JSON calls itself for each, and where its
 * stack would overflow depends on who called: so the number decides, alike for every reader.
 */
const MAX_LEVELS = 256

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
  return checkJson(readJson(bytes, what, limit), what, schema)
}

/** The first half of `parseJson`, for what more than one schema is held against. */
export function readJson(bytes: Uint8Array, what: string, limit = MAX_DOCUMENT_SIZE): unknown {
  if (bytes.length > limit) {
    throw new OciError("INVALID_DOCUMENT", `${what} has ${bytes.length} bytes; at most ${limit} are read`)
  }
  if (isDeeper(bytes, MAX_LEVELS)) {
    throw new OciError(
      "INVALID_DOCUMENT",
      `${what} is not valid: it is nested too deeply, at most ${MAX_LEVELS} levels are read`,
    )
  }
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch (cause) {
    throw new OciError("INVALID_DOCUMENT", `${what} is not valid JSON in UTF-8`, { cause })
  }
}

/** The second half of `parseJson`. */
export function checkJson<Schema extends z.ZodType>(
  value: unknown,
  what: string,
  schema: Schema,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = quoteUnlessPlain(issue?.path.map(String).join(".") ?? "") || "the document"
  throw new OciError("INVALID_DOCUMENT", `${what} is not valid: ${path}: ${describeIssue(issue)}`, {
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

/** Whether JSON text has more levels than `limit`. Looks at brackets alone: what is no JSON is found out by parsing it. */
function isDeeper(bytes: Uint8Array, limit: number): boolean {
  let levels = 0
  let isText = false
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case 0x22: // A quotation mark, and the backslash that may stand before one.
        isText = !isText
        break
      case 0x5c:
        at++
        break
      case 0x5b: // Opening and closing brackets and braces.
      case 0x7b:
        if (!isText && ++levels > limit) return true
        break
      case 0x5d:
      case 0x7d:
        if (!isText) levels--
    }
  }
  return false
}
