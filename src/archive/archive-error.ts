import { quote } from "../errors/quote.ts"
import { reasonOf } from "../errors/reason.ts"
import { type ErrorDetails, WaybillError } from "../errors/waybill-error.ts"

export type ArchiveErrorCode =
  | "NOT_AN_ARCHIVE"
  | "TRUNCATED"
  | "READ_FAILED"
  | "BAD_CHECKSUM"
  | "BAD_HEADER"
  | "UNSUPPORTED_ENTRY"
  | "INVALID_ENTRY"

export interface ArchiveErrorDetails extends ErrorDetails {
  /** Where in the archive, in bytes. */
  offset?: number | undefined
  /** Name of the entry, where it is known by then. */
  entry?: string | undefined
}

/** A file that is no archive, or one that cannot be read or written as asked; says at which byte and in which entry. */
export class ArchiveError extends WaybillError<ArchiveErrorCode> {
  readonly offset: number | undefined
  readonly entry: string | undefined

  constructor(code: ArchiveErrorCode, message: string, details: ArchiveErrorDetails = {}) {
    super(code, message, details)
    this.offset = details.offset
    this.entry = details.entry
  }
}

/** What the system says of a read that failed, which names no file; all else comes back as it is. */
export function readFailure(error: unknown, origin: string, offset: number, entry?: string): unknown {
  if (!(error instanceof Error && "syscall" in error && error.syscall === "read")) return error
  const where = entry === undefined ? "" : `, in ${quote(entry)}`
  return new ArchiveError(
    "READ_FAILED",
    `${origin} cannot be read at byte ${offset}${where}: ${reasonOf(error)}`,
    {
      offset,
      entry,
      cause: error,
      hint: "look whether its disk is still there and sound, or get the file again on another one",
    },
  )
}

/** An archive that ends too early: `offset` is where the missing bytes should be. */
export function truncated(origin: string, missing: string, offset: number, entry?: string): ArchiveError {
  const where = entry === undefined ? "" : ` of ${quote(entry)}`
  return new ArchiveError(
    "TRUNCATED",
    `${origin} is cut off: ${missing}${where} is missing at byte ${offset}`,
    {
      offset,
      entry,
      hint: "get the file again from where it was made",
    },
  )
}
