import { ApiError } from "../api/api-error.ts"
import type { Home } from "../operations/home.ts"
import { type ReleaseContent, readReleaseContent } from "../operations/release-content.ts"
import type { SuccessfulRelease } from "../operations/successful-release.ts"
import { explainContent, inTime } from "./content-unavailable.ts"
import { RETRY_AFTER } from "./retry-after.ts"

/** Each may hold 24 MiB of manifests, and as much again of what they say. */
const MAX_READERS = 4

/** Reads what releases are made of, for whoever may view them: a few at once, and none for long. */
export class ContentReader {
  readonly #home: Home
  #readers = 0

  constructor(home: Home) {
    this.#home = home
  }

  /** Throws `SERVER_BUSY`, `CONTENT_UNAVAILABLE`. */
  async read(release: SuccessfulRelease, signal: AbortSignal): Promise<ReleaseContent> {
    if (this.#readers >= MAX_READERS) {
      throw new ApiError("SERVER_BUSY", "the server reads as many releases as it can at once", {
        hint: `try again in ${RETRY_AFTER} seconds`,
      })
    }
    this.#readers++
    try {
      return await inTime(release, (timeout) =>
        readReleaseContent(this.#home, release, { signal: AbortSignal.any([signal, timeout]) }),
      )
    } catch (error) {
      throw explainContent(error, release)
    } finally {
      this.#readers--
    }
  }
}
