import type { Patience } from "./patience.ts"

/** Lets in one at a time, in the order in which they came. */
export class WaitingLine {
  #isTaken = false
  readonly #waiting = new Set<() => void>()

  /** Whoever is let in has to leave. Says `false` where patience was over before that. */
  async enter(patience: Patience): Promise<boolean> {
    if (!this.#isTaken) {
      this.#isTaken = true
      return true
    }
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const enter = () => resolve(true)
    const giveUp = () => {
      this.#waiting.delete(enter)
      resolve(false)
    }
    this.#waiting.add(enter)
    const { end } = patience
    end.addEventListener("abort", giveUp, { once: true })
    try {
      return await promise
    } finally {
      end.removeEventListener("abort", giveUp)
    }
  }

  leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#isTaken = false
    } else {
      this.#waiting.delete(next)
      next()
    }
  }
}
