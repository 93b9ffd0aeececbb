import { ApiError } from "../api/api-error.ts"
import { ContentError, type ContentErrorCode } from "../content/content-error.ts"
import { RegistryError } from "../registry/registry-error.ts"

/** What a place does that has not, or not rightly, what it should have. */
const UNREADABLE: readonly ContentErrorCode[] = [
  "CONTENT_NOT_FOUND",
  "SIZE_MISMATCH",
  "DIGEST_MISMATCH",
  "DOCUMENT_TOO_LARGE",
  "CANNOT_REWIND",
]

/** Until the manifests of one release are read, in milliseconds: who asks sits before it. */
const TIMEOUT = 30_000

/** Reads something of where a fleet keeps its images, and does not wait for that for long. Throws `CONTENT_UNAVAILABLE`. */
export async function inTime<Result>(
  of: { fleet: string },
  read: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const timeout = AbortSignal.timeout(TIMEOUT)
  try {
    return await read(timeout)
  } catch (error) {
    throw error === timeout.reason ? tooSlow(of) : error
  }
}

/**
 * What is said of images that cannot be read, or not be brought, where the fleet keeps them: the registry's own words are for whoever runs the
 * server. All else comes back as it is.
 */
export function explainContent(error: unknown, { fleet }: { fleet: string }): unknown {
  if (error instanceof ApiError || !(error instanceof ContentError || error instanceof RegistryError))
    return error
  if (error instanceof ContentError && !UNREADABLE.includes(error.code)) return error
  const what =
    error instanceof RegistryError
      ? `the registry that keeps the images of ${fleet} does not do what it is asked`
      : `not all of the release is right where ${fleet} keeps its images`
  return new ApiError("CONTENT_UNAVAILABLE", `${what}: ${error.code}`, {
    hint: "try again; if it stays so, whoever runs the server finds the reason in its log, and importing the bundle again mends what is missing",
    cause: error,
  })
}

function tooSlow({ fleet }: { fleet: string }): ApiError {
  return new ApiError(
    "CONTENT_UNAVAILABLE",
    `the registry that keeps the images of ${fleet} takes longer than ${TIMEOUT / 1000} s`,
    { hint: "try again; if it stays so, whoever runs the server finds out why the registry is slow" },
  )
}
