import { isDatabaseAway } from "../../api/problem.ts"
import { ContentError } from "../../content/content-error.ts"
import { describeError } from "../../errors/describe.ts"
import { WaybillError } from "../../errors/waybill-error.ts"
import { RETRY_AFTER } from "../retry-after.ts"

/**
 * distribution-spec 1.1, Error Codes, and those that registries have besides: `UNAVAILABLE` says to try again, `UNKNOWN` is
 * what has none.
 */
export type RefusalCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "UNAUTHORIZED"
  | "DENIED"
  | "UNSUPPORTED"
  | "TOOMANYREQUESTS"
  | "PRECONDITION_FAILED"
  | "UNAVAILABLE"
  | "UNKNOWN"

const STATUS: Readonly<Record<RefusalCode, number>> = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  UNAUTHORIZED: 401,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  PRECONDITION_FAILED: 412,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
}

interface Details {
  status?: number | undefined
  headers?: Record<string, string> | undefined
  hint?: string | undefined
  cause?: unknown
}

/** What a registry answers instead of what it was asked for. */
export class RegistryRefusal extends WaybillError<RefusalCode> {
  readonly status: number
  readonly headers: Record<string, string>

  constructor(code: RefusalCode, message: string, { status, headers, ...details }: Details = {}) {
    super(code, message, details)
    this.status = status ?? STATUS[code]
    this.headers = { ...(this.status === 503 && { "retry-after": RETRY_AFTER }), ...headers }
  }
}

/** Finds the registry's words for whatever was thrown. What is not the client's business is not told. */
export function refusalOf(error: unknown): RegistryRefusal {
  if (error instanceof RegistryRefusal) return error
  if (error instanceof ContentError) {
    const { message, hint } = describeError(error)
    const details = { hint, cause: error }
    if (error.code === "CONTENT_MISSING")
      return new RegistryRefusal("MANIFEST_BLOB_UNKNOWN", message, details)
    if (error.code === "UPLOAD_CHANGED") {
      return new RegistryRefusal("BLOB_UPLOAD_INVALID", message, { status: 416, ...details })
    }
    if (error.code === "CONTENT_IN_USE" || error.code === "TAG_LIMIT")
      return new RegistryRefusal("DENIED", message, details)
    if (error.code === "CONTENT_NOT_FOUND") return new RegistryRefusal("BLOB_UNKNOWN", message, details)
    if (error.code === "DIGEST_MISMATCH") return new RegistryRefusal("DIGEST_INVALID", message, details)
  }
  if (error instanceof WaybillError && error.code === "CANNOT_LOCK") {
    const message = "another process works in the registry's content store: try again"
    return new RegistryRefusal("UNAVAILABLE", message, { cause: error })
  }
  if (error instanceof WaybillError && error.code === "NO_SPACE") {
    return new RegistryRefusal("UNKNOWN", "the registry has no space left", { status: 507, cause: error })
  }
  if (isDatabaseAway(error)) {
    const message = "the registry's database does not answer: try again"
    return new RegistryRefusal("UNAVAILABLE", message, { cause: error })
  }
  return new RegistryRefusal("UNKNOWN", "the registry failed: its log says more", { cause: error })
}

/** The body of an answer (distribution-spec 1.1, Error Codes). */
export function printRefusal({ code, message, hint }: RegistryRefusal): object {
  return { errors: [{ code, message, ...(hint !== undefined && { detail: hint }) }] }
}
