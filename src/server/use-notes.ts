import { USE_NOTED_EVERY } from "../fleet/access.ts"

/** What is remembered to have been noted: the oldest of more is forgotten, and noted once more. */
const MAX_NOTED = 10_000

/**
 * Notes that something is used, behind the back of whoever uses it: a database that is busy must not hold up who only
 * asks. What is noted already is not noted again for a while.
 */
export class UseNotes {
  readonly #now: () => number
  readonly #noted = new Map<string, number>()
  readonly #running = new Set<Promise<void>>()

  constructor(now: () => number) {
    this.#now = now
  }

  note(what: string, write: () => Promise<void>): void {
    const now = this.#now()
    if (now - (this.#noted.get(what) ?? Number.NEGATIVE_INFINITY) < USE_NOTED_EVERY) return
    this.#noted.delete(what)
    const [oldest] = this.#noted.keys()
    if (this.#noted.size >= MAX_NOTED && oldest !== undefined) this.#noted.delete(oldest)
    this.#noted.set(what, now)
    // What cannot be noted is noted at another use.
    const running = write().catch(() => undefined)
    this.#running.add(running)
    void running.then(() => this.#running.delete(running))
  }

  /** Until all is noted. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }
}
