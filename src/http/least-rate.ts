import type { HttpError } from "./http-error.ts"
import { printUrl } from "./location.ts"
import { NetworkError } from "./network-error.ts"
import { WaitingTime } from "./waiting-time.ts"

/** The rate below which a transfer is given up. Only time counts in which the peer is waited for. */
export interface RateOptions {
  /** Default 1,024; 0 for any rate. */
  bytesPerSecond?: number | undefined
  /** For how long a transfer may be slower, in milliseconds. Default 60,000. */
  window?: number | undefined
}

/**
 * Bytes that a transfer has to get further by, for the next failure to count as its first: a peer that breaks each
 * connection after a byte would be asked for ever.
 */
const LEAST_PROGRESS = 64 * 1024

/** Watches that transfers do not fall below a rate. */
export class LeastRate {
  readonly #bytesPerSecond: number
  readonly #window: number

  constructor({ bytesPerSecond = 1024, window = 60_000 }: RateOptions = {}) {
    this.#bytesPerSecond = bytesPerSecond
    this.#window = window
  }

  /** Watches one transfer; `giveUp` is called with what to say of it, at most once. */
  watch(method: string, url: URL, giveUp: (error: NetworkError) => void): TransferWatch {
    if (this.#bytesPerSecond === 0) return ANY_RATE
    const patience = new WaitingTime(this.#window, () => giveUp(this.#tooSlow(method, url)))
    return {
      wait: () => patience.wait(),
      stop: () => patience.stop(),
      moved: (bytes) => patience.add((bytes / this.#bytesPerSecond) * 1000),
      end: () => patience.end(),
    }
  }

  /** Whether a transfer that got so many bytes further before it failed is worth going on with as if it began. */
  isProgress(bytes: number, failure: HttpError): boolean {
    const isSlow = failure.code === "TRANSFER_TOO_SLOW"
    return bytes >= Math.max(LEAST_PROGRESS, isSlow ? (this.#bytesPerSecond * this.#window) / 1000 : 0)
  }

  #tooSlow(method: string, url: URL): NetworkError {
    const seconds = Math.ceil(this.#window / 1000)
    return new NetworkError(
      "TRANSFER_TOO_SLOW",
      `${method} ${printUrl(url)}: slower than ${this.#bytesPerSecond} bytes per second for ${seconds} s`,
      {
        method,
        url: printUrl(url),
        transient: true,
        hint: "check the network and the server; a slow but working one needs a lower --min-rate",
      },
    )
  }
}

export interface TransferWatch {
  /** From now on the peer is waited for. */
  wait(): void
  /** It is not, from now on. */
  stop(): void
  /** So many bytes came from the peer, or are given to it to take. */
  moved(bytes: number): void
  end(): void
}

const ANY_RATE: TransferWatch = { wait() {}, stop() {}, moved() {}, end() {} }
