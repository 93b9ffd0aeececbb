import { ApiError } from "../api/api-error.ts"
import type { RunningImport } from "../api/bundle.ts"
import type { FleetSlug } from "../fleet/slug.ts"
import { RETRY_AFTER } from "./retry-after.ts"

/** The imports that are under way on a server: each holds connections, buffers and the manifests of a release. */
export class Imports {
  readonly #limit: number
  readonly #running = new Set<RunningImport>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes a place, until it is disposed of. Throws `SERVER_BUSY` where all are taken. */
  begin(
    about: Pick<RunningImport, "id" | "fleet" | "actor" | "begunAt" | "size">,
  ): RunningImport & Disposable {
    if (this.#running.size >= this.#limit) {
      throw new ApiError(
        "SERVER_BUSY",
        `the server takes in ${this.#limit} bundles already, and no more at once`,
        {
          hint: `try again in ${RETRY_AFTER} seconds`,
        },
      )
    }
    const running: RunningImport = { ...about, version: null, received: 0 }
    this.#running.add(running)
    return Object.assign(running, { [Symbol.dispose]: () => void this.#running.delete(running) })
  }

  list(fleet: FleetSlug): RunningImport[] {
    return [...this.#running].filter((running) => running.fleet === fleet)
  }
}
