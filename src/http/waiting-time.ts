/** Into how many ticks the time is cut. */
const TICKS = 60

/**
 * Time that may be spent waiting for a peer, in milliseconds. It is counted in ticks of a timer, each of which looks
 * whether the peer is waited for: so a slow consumer uses nothing of it, and a process that was busy or suspended no
 * more than a tick.
 */
export class WaitingTime {
  readonly #limit: number
  readonly #timer: NodeJS.Timeout
  #left: number
  #isWaiting = false

  /** `onEnd` is called once, when the time is used up. The caller has to `end` it. */
  constructor(limit: number, onEnd: () => void) {
    this.#limit = limit
    this.#left = limit
    const tick = Math.ceil(limit / TICKS)
    this.#timer = setInterval(() => {
      if (!this.#isWaiting) return
      this.#left -= tick
      if (this.#left > 0) return
      this.end()
      onEnd()
    }, tick).unref()
  }

  /** It is the peer's turn from now on. */
  wait(): void {
    this.#isWaiting = true
  }

  /** It is our turn from now on. */
  stop(): void {
    this.#isWaiting = false
  }

  /** Adds time that the peer has earned. What was left over from before it is kept up to the limit. */
  add(milliseconds: number): void {
    this.#left = Math.min(this.#limit, this.#left) + milliseconds
  }

  end(): void {
    clearInterval(this.#timer)
  }
}
