/** Failed logins that an address has within the window. */
const MAX_FAILURES = 20
/** In milliseconds. */
const WINDOW = 60_000
/** Addresses that are remembered: an attacker with more of them cannot fill the memory. */
const MAX_ADDRESSES = 10_000

/**
 * Counts failed logins by remote address. A good secret always works: 256 random bits are not guessed, so the limit
 * is there to keep noise from the database and the log, and a device must not be locked out by its neighbour.
 */
export class LoginLimit {
  readonly #now: () => number
  readonly #failures = new Map<string, { count: number; since: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Seconds until the address may fail again; 0 when it may now. */
  wait(address: string): number {
    const found = this.#failures.get(address)
    if (found === undefined || found.count < MAX_FAILURES) return 0
    return Math.max(0, Math.ceil((found.since + WINDOW - this.#now()) / 1000))
  }

  fail(address: string): void {
    const now = this.#now()
    const found = this.#failures.get(address)
    if (found !== undefined && now - found.since < WINDOW) {
      found.count++
      return
    }
    this.#failures.delete(address)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size >= MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest)
    this.#failures.set(address, { count: 1, since: now })
  }
}
