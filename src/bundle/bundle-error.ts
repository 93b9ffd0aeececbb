import { LIMIT_HINT } from "../content/release-limits.ts"
import { quoteUnlessPlain } from "../errors/quote.ts"
import { WaybillError } from "../errors/waybill-error.ts"
import type { Digest } from "../oci/digest.ts"

export type BundleErrorCode =
  | "NOT_A_BUNDLE"
  | "BUNDLE_TRUNCATED"
  | "BUNDLE_DAMAGED"
  | "BUNDLE_ENTRY_MISSING"
  | "BUNDLE_ENTRY_UNEXPECTED"
  | "BUNDLE_ENTRY_REPEATED"
  | "BUNDLE_HEADER"
  | "BUNDLE_NOT_CANONICAL"
  | "BUNDLE_DISAGREES"
  | "BUNDLE_TRAILING_DATA"
  | "INVALID_DOCUMENT"
  | "NOT_A_RELEASE"
  | "LIMIT_EXCEEDED"
  | "IMAGE_NOT_NAMED"
  | "UNSUPPORTED_ARCHIVE"
  | "NOT_ENOUGH_SPACE"
  | "INVALID_INTEGRITY"
  | "INTEGRITY_MISMATCH"

/** One thing that is wrong with a bundle. Offsets are in bytes from the start of the file. */
export interface BundleProblem {
  code: BundleErrorCode
  /** Name of the entry, as in `blobs/sha256/…`; of the whole file where no entry is at fault. */
  entry: string
  offset: number
  expected: string
  found: string
}

/** A bundle, or an image archive, that is not what its format says. */
export class BundleError extends WaybillError<BundleErrorCode> {
  /** What is wrong, where one can say it entry by entry. */
  readonly problems: readonly BundleProblem[]

  constructor(
    code: BundleErrorCode,
    message: string,
    details: { hint?: string | undefined; cause?: unknown; problems?: readonly BundleProblem[] } = {},
  ) {
    super(code, message, details)
    this.problems = details.problems ?? []
  }
}

const DAMAGED_HINT =
  "the file is damaged or altered: get it again from where it was exported, and verify it there"

/** An error for problems found in a bundle; the first leads the message. */
export function bundleProblems(
  problems: readonly [BundleProblem, ...BundleProblem[]],
  cause?: unknown,
): BundleError {
  const [first, ...others] = problems
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`
  const hint = first.code === "LIMIT_EXCEEDED" ? LIMIT_HINT : DAMAGED_HINT
  return new BundleError(first.code, `${printProblem(first)}${more}`, { hint, problems, cause })
}

/** A blob whose bytes are not those of its name. */
export function damagedBlob(entry: string, offset: number, expected: Digest, found: Digest): BundleProblem {
  return { code: "BUNDLE_DAMAGED", entry, offset, expected, found }
}

export function printProblem(problem: BundleProblem): string {
  return `${quoteUnlessPlain(problem.entry)} at offset ${problem.offset}: expected ${problem.expected}, found ${problem.found}`
}
