import { OciError } from "../../src/oci/oci-error.ts"

/** What work throws, which has to be an `OciError`. */
export function catchError(work: () => unknown): OciError {
  try {
    work()
  } catch (error) {
    if (error instanceof OciError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}
