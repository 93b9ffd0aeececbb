import { z } from "zod"
import { ArchiveError, type ArchiveErrorCode } from "../archive/archive-error.ts"
import { BundleError, type BundleErrorCode } from "../bundle/bundle-error.ts"
import { ContentError, type ContentErrorCode } from "../content/content-error.ts"
import { DatabaseError, type DatabaseErrorCode } from "../database/database-error.ts"
import { describeError } from "../errors/describe.ts"
import { hasCode } from "../errors/system-error.ts"
import type { WaybillError } from "../errors/waybill-error.ts"
import { FleetError, type FleetErrorCode } from "../fleet/fleet-error.ts"
import { ReleaseExistsError } from "../fleet/release.ts"
import { OciError } from "../oci/oci-error.ts"
import { OperationError } from "../operations/operation-error.ts"
import { ApiError, type ApiErrorCode } from "./api-error.ts"
import { parseRelease, printRelease, releaseSchema } from "./release.ts"

/** See `BundleProblem`. */
const bundleProblemSchema = z
  .object({
    code: z.string(),
    entry: z.string().meta({ example: "blobs/sha256/…" }),
    offset: z.int().meta({ description: "in bytes from the beginning of the bundle" }),
    expected: z.string(),
    found: z.string(),
  })
  .meta({ id: "BundleProblem" })

/** What every error looks like (RFC 9457, section 3), with the code of the error as an extension member. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: "stable; for programs" }),
    hint: z.string().optional().meta({ description: "what to do next" }),
    problems: z.array(bundleProblemSchema).optional().meta({ description: "what is wrong with a bundle" }),
    release: releaseSchema.optional().meta({ description: "with RELEASE_EXISTS: the release that is there" }),
  })
  .meta({ id: "Problem" })

export type Problem = z.output<typeof problemSchema>

export const PROBLEM_TYPE = "application/problem+json"

const FLEET_STATUS: Readonly<Record<FleetErrorCode, number>> = {
  INVALID_SLUG: 422,
  INVALID_FLEET_CLASS: 422,
  INVALID_COMMIT: 422,
  INVALID_VERSION: 422,
  INVALID_RELEASE: 422,
  LIMIT_EXCEEDED: 422,
  FLEET_NOT_FOUND: 404,
  FLEET_EXISTS: 409,
  FLEET_HAS_RELEASES: 409,
  FLEET_HAS_DEVICES: 409,
  FLEET_HAS_NO_REGISTRY: 409,
  RELEASE_NOT_FOUND: 404,
  RELEASE_EXISTS: 409,
  RELEASE_NOT_SUCCESSFUL: 422,
  RELEASE_INVALIDATED: 422,
  RELEASE_IS_DRAFT: 422,
  RELEASE_OF_OTHER_FLEET: 422,
  RELEASE_IN_USE: 409,
  RELEASE_CHANGED: 412,
  COMMIT_CONFLICT: 409,
  VERSION_CONFLICT: 409,
  VERSION_REQUIRED: 409,
  REVISION_MISMATCH: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  INVALID_DEVICE: 422,
  DEVICE_NOT_FOUND: 404,
  DEVICE_EXISTS: 409,
  DEVICE_AMBIGUOUS: 409,
  DEVICES_CHANGED: 412,
  POLICY_CHANGED: 412,
  INVALID_TOKEN: 422,
  TOKEN_NOT_FOUND: 404,
  ORGANIZATION_NOT_FOUND: 404,
}

const API_STATUS: Readonly<Record<ApiErrorCode, number>> = {
  INVALID_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  PRECONDITION_FAILED: 412,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RANGE_NOT_SATISFIABLE: 416,
  TOO_MANY_REQUESTS: 429,
  MISDIRECTED: 421,
  TOO_MANY_CONNECTIONS: 503,
  SERVER_BUSY: 503,
  CONTENT_UNAVAILABLE: 502,
}

/** Of content that a release needs. */
const CONTENT_STATUS: Partial<Readonly<Record<ContentErrorCode, number>>> = {
  CONTENT_MISSING: 422,
  CONTENT_IN_USE: 409,
  TAG_LIMIT: 409,
  CANNOT_LOCK: 503,
  LIMIT_EXCEEDED: 422,
}

/** Of a bundle that is sent; what a disk of the server does is not its sender's business. */
const BUNDLE_STATUS: Readonly<Record<BundleErrorCode, number>> = {
  NOT_A_BUNDLE: 422,
  BUNDLE_TRUNCATED: 422,
  BUNDLE_DAMAGED: 422,
  BUNDLE_ENTRY_MISSING: 422,
  BUNDLE_ENTRY_UNEXPECTED: 422,
  BUNDLE_ENTRY_REPEATED: 422,
  BUNDLE_HEADER: 422,
  BUNDLE_NOT_CANONICAL: 422,
  BUNDLE_DISAGREES: 422,
  BUNDLE_TRAILING_DATA: 422,
  INVALID_DOCUMENT: 422,
  NOT_A_RELEASE: 422,
  LIMIT_EXCEEDED: 422,
  IMAGE_NOT_NAMED: 422,
  UNSUPPORTED_ARCHIVE: 422,
  NOT_ENOUGH_SPACE: 507,
  INVALID_INTEGRITY: 422,
  INTEGRITY_MISMATCH: 422,
}

const ARCHIVE_STATUS: Readonly<Record<ArchiveErrorCode, number>> = {
  NOT_AN_ARCHIVE: 422,
  TRUNCATED: 422,
  READ_FAILED: 500,
  BAD_CHECKSUM: 422,
  BAD_HEADER: 422,
  UNSUPPORTED_ENTRY: 422,
  INVALID_ENTRY: 422,
}

const DATABASE_AWAY: readonly DatabaseErrorCode[] = ["DATABASE_UNAVAILABLE", "DATABASE_BUSY", "DATABASE_FULL"]

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  507: "Insufficient Storage",
}

/** Describes an error to whoever asked. What went wrong inside of the server is not told. */
export function problemOf(error: unknown): Problem {
  const status = statusOf(error)
  const problem = { type: "about:blank", title: TITLES[status] ?? "Error", status }
  if (status >= 500 && !(error instanceof ApiError)) return { ...problem, ...describeInternal(status, error) }
  const { code, message: detail, hint } = describeError(error)
  const release = error instanceof ReleaseExistsError ? printRelease(error.release) : undefined
  const problems = error instanceof BundleError && error.problems.length > 0 ? [...error.problems] : undefined
  return {
    ...problem,
    detail,
    code,
    ...(hint !== undefined && { hint }),
    ...(problems && { problems }),
    ...(release && { release }),
  }
}

/** The error of the domain that a problem tells of; `undefined` for what is the server's or the network's own. */
export function errorOf(problem: Problem): WaybillError | undefined {
  const { code, detail, hint, release, problems } = problem
  // Those of a bundle come first: the content of a release has a limit of the same name.
  if (problems !== undefined && isBundleErrorCode(code)) {
    const found = problems.flatMap((each) =>
      isBundleErrorCode(each.code) ? [{ ...each, code: each.code }] : [],
    )
    return new BundleError(code, detail, { hint, problems: found })
  }
  if (code === "RELEASE_EXISTS" && release) return new ReleaseExistsError(parseRelease(release))
  if (isFleetErrorCode(code)) return new FleetError(code, detail, { hint })
  if (isBundleErrorCode(code)) return new BundleError(code, detail, { hint })
  if (isArchiveErrorCode(code)) return new ArchiveError(code, detail, { hint })
  if (isContentErrorCode(code)) return new ContentError(code, detail, { hint })
  if (code === "INVALID_REFERENCE") return new OciError(code, detail, { hint })
  if (code === "NO_TARGET" || code === "NO_REGISTRY") return new OperationError(code, detail, { hint })
  return undefined
}

function statusOf(error: unknown): number {
  if (error instanceof FleetError) return FLEET_STATUS[error.code]
  if (error instanceof ApiError) return API_STATUS[error.code]
  if (error instanceof BundleError) return BUNDLE_STATUS[error.code]
  if (error instanceof ArchiveError) return ARCHIVE_STATUS[error.code]
  if (error instanceof OciError) return 422
  if (error instanceof OperationError) return 409
  if (error instanceof ContentError) return CONTENT_STATUS[error.code] ?? 500
  if (hasCode(error, "NO_SPACE")) return 507
  return isDatabaseAway(error) ? 503 : 500
}

/** Whether another try may do better. */
export function isDatabaseAway(error: unknown): boolean {
  return error instanceof DatabaseError && DATABASE_AWAY.includes(error.code)
}

function describeInternal(status: number, error: unknown): Pick<Problem, "code" | "detail" | "hint"> {
  if (hasCode(error, "CANNOT_LOCK")) {
    return {
      code: "CANNOT_LOCK",
      detail: "another process works in the server's content store for longer than this request can wait",
      hint: "try again; if it stays so, whoever runs the server finds the process in its log",
    }
  }
  if (status === 507) {
    return {
      code: "NO_SPACE",
      detail: "the server's content store has no space left",
      hint: "whoever runs the server can free some, or give it a larger disk",
    }
  }
  if (status === 503) {
    return {
      code: "DATABASE_UNAVAILABLE",
      detail: "the server's database does not answer",
      hint: "try again; if it stays so, whoever runs the server finds the reason in its log",
    }
  }
  return {
    code: "INTERNAL",
    detail: "the server failed",
    hint: "whoever runs the server finds the reason in its log, under the X-Request-Id of this answer",
  }
}

function isContentErrorCode(code: string): code is ContentErrorCode {
  return Object.hasOwn(CONTENT_STATUS, code)
}

function isBundleErrorCode(code: string): code is BundleErrorCode {
  return Object.hasOwn(BUNDLE_STATUS, code)
}

function isArchiveErrorCode(code: string): code is ArchiveErrorCode {
  return Object.hasOwn(ARCHIVE_STATUS, code)
}

function isFleetErrorCode(code: string): code is FleetErrorCode {
  return Object.hasOwn(FLEET_STATUS, code)
}
