import { ApiError } from "../api/api-error.ts"
import type { Home } from "../operations/home.ts"
import { type ReleaseContent, readReleaseContent } from "../operations/release-content.ts"
import type { SuccessfulRelease } from "../operations/successful-release.ts"
import { explainContent } from "./content-unavailable.ts"
import { RETRY_AFTER } from "./retry-after.ts"

/** Each may hold 24 MiB of manifests, and as much again of what they say. */
const MAX_READERS = 4
/** Of one release, in milliseconds: who asks sits before it. */
const TIMEOUT = 30_000

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
    const timeout = AbortSignal.timeout(TIMEOUT)
    try {
      return await readReleaseContent(this.#home, release, { signal: AbortSignal.any([signal, timeout]) })
    } catch (error) {
      if (error === timeout.reason) throw tooSlow(release)
      throw explainContent(error, release)
    } finally {
      this.#readers--
    }
  }
}

function tooSlow({ fleet }: SuccessfulRelease): ApiError {
  return new ApiError(
    "CONTENT_UNAVAILABLE",
    `the registry that keeps the images of ${fleet} takes longer than ${TIMEOUT / 1000} s`,
    { hint: "try again; if it stays so, whoever runs the server finds out why the registry is slow" },
  )
}
