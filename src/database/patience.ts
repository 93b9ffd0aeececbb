import { tryUntil } from "../content/try-until.ts"
import { DatabaseError } from "./database-error.ts"

/** In milliseconds: a timer that is to take longer fires at once. */
const LONGEST = 2 ** 31 - 1

/** How long one change or question waits for others in all, whatever it waits for. The time runs from the first wait. */
export class Patience {
  readonly #milliseconds: number
  #end: AbortSignal | undefined

  constructor(milliseconds: number) {
    this.#milliseconds = Math.min(milliseconds, LONGEST)
  }

  /** Aborted when it has waited for too long. */
  get end(): AbortSignal {
    this.#end ??= AbortSignal.timeout(this.#milliseconds)
    return this.#end
  }

  get isOver(): boolean {
    return this.#milliseconds === 0 || this.end.aborted
  }
}

/**
 * Does what another process may be in the way of, and tries again until it is not, while everything else in this process
 * goes on. Throws the `DATABASE_BUSY` of the last try when patience is over.
 */
export async function untilFree<Result>(
  patience: Patience,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  const { result } = await tryUntil(async () => {
    try {
      return { result: await work() }
    } catch (error) {
      if (!isBusy(error) || patience.isOver) throw error
      return undefined
    }
  })
  return result
}

function isBusy(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "DATABASE_BUSY"
}
