import { WaitingTime } from "../http/waiting-time.ts"
import { RegistryError } from "./registry-error.ts"

/** Bounds how long a registry is waited for over all pages of one list: each by itself may just about be in time. */
export class ListTime implements Disposable {
  readonly #stop = new AbortController()
  readonly #time: WaitingTime
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = () => this.#stop.abort(this.#signal?.reason)

  /** `limit` is in milliseconds, for the list of `title`. */
  constructor(limit: number, title: string, signal: AbortSignal | undefined) {
    this.#time = new WaitingTime(limit, () => this.#stop.abort(tooSlow(limit, title)))
    this.#signal = signal
    if (signal?.aborted) this.#onAbort()
    signal?.addEventListener("abort", this.#onAbort, { once: true })
  }

  /** Waits for a page. Throws `TRANSFER_TOO_SLOW` when the time of the list is over. */
  async wait<Page>(ask: (signal: AbortSignal) => Promise<Page>): Promise<Page> {
    this.#time.wait()
    try {
      return await ask(this.#stop.signal)
    } finally {
      this.#time.stop()
    }
  }

  [Symbol.dispose](): void {
    this.#time.end()
    this.#signal?.removeEventListener("abort", this.#onAbort)
  }
}

function tooSlow(limit: number, title: string): RegistryError {
  return new RegistryError(
    "TRANSFER_TOO_SLOW",
    `${title}: the registry's list takes longer than ${limit / 1000} s in all`,
    { hint: "check the network and the registry, then run the same command again" },
  )
}
