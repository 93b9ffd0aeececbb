/** Of one buffer, in bytes: as much is read and sent at once where few pull, and as little where very many do. */
const MOST = 512 * 1024
const LEAST = 16 * 1024

/** What all pulls together have for buffers, in bytes. Beyond it each has two of the smallest. */
const BUDGET = 64 << 20
/** The part of what is left that one buffer may have. */
const SHARE = 16

/** Two buffers: one is read into while the other is sent. */
export interface SendBuffers extends Disposable {
  readonly both: readonly [Buffer, Buffer]
}

/**
 * Gives each pull its buffers, and less to each the more there are: thousands of clients that take their time must not
 * take all memory.
 */
export class BufferBudget {
  #left = BUDGET

  /** For content of so many bytes. They are given back by disposing of them. */
  take(length: number): SendBuffers {
    const size = Math.min(length, Math.max(LEAST, Math.min(MOST, Math.floor(this.#left / SHARE))))
    this.#left -= 2 * size
    return {
      both: [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)],
      [Symbol.dispose]: () => {
        this.#left += 2 * size
      },
    }
  }
}
