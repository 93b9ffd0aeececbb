import { readFailure } from "../archive/archive-error.ts"

/** A range of a file that could not be hashed since its disk does not give it; as an error of the system, with its place. */
export class UnreadableRange extends Error {
  readonly syscall = "read"
  readonly code: string
  /** In the file, in bytes. */
  readonly offset: number

  constructor({ offset, code, message }: { offset: number; code: string; message: string }) {
    super(message)
    this.code = code
    this.offset = offset
  }
}

/** Says of such an error in which file, and entry of a bundle, the place lies; all else comes back as it is. */
export function explainUnreadable(error: unknown, path: string, entry?: string): unknown {
  return error instanceof UnreadableRange ? readFailure(error, path, error.offset, entry) : error
}
