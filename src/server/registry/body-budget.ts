/** What all requests together may hold of their bodies, in bytes. */
export const BODY_BUDGET = 64 << 20

/** What one request holds of its body. Disposing of it gives that back. */
export interface HeldBody extends Disposable {
  /** Says `false` where so many bytes more are too many. */
  take(bytes: number): boolean
}

/**
 * Counts the bodies that are held whole until they are understood: thousands of clients that each send what one may must
 * not take all memory. Bytes count as they come, so that nobody has a part of it for what is only announced.
 */
export class BodyBudget {
  #left = BODY_BUDGET

  begin(): HeldBody {
    let held = 0
    return {
      take: (bytes) => {
        if (bytes > this.#left) return false
        this.#left -= bytes
        held += bytes
        return true
      },
      [Symbol.dispose]: () => {
        this.#left += held
        held = 0
      },
    }
  }
}
