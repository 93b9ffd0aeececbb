import { quote } from "../errors/quote.ts"
import { type ErrorDetails, WaybillError } from "../errors/waybill-error.ts"

export type ArchiveErrorCode =
  | "NOT_AN_ARCHIVE"
  | "TRUNCATED"
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
