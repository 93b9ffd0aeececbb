import type { Clock } from "./clock.ts"
import { HttpError } from "./http-error.ts"

export interface RetryOptions {
  /** Tries of one request, or of one transfer without progress, in all. Default 6. */
  attempts?: number | undefined
  /** Tries to reach a server that has not answered yet. Default 2. */
  connectAttempts?: number | undefined
  /** Milliseconds before the second try; doubled each time. Default 500. */
  baseDelay?: number | undefined
  /** Longest wait of our own, in milliseconds. Default 30,000. */
  maxDelay?: number | undefined
  /** Longest `Retry-After` that is waited for, in milliseconds; a longer one fails at once. Default 600,000. */
  maxRetryAfter?: number | undefined
}

/** Exponential backoff with jitter; a server's own `Retry-After` is honoured whole. */
export class RetryPolicy {
  readonly #clock: Clock
  readonly #options: { [Key in keyof RetryOptions]-?: number }

  constructor(clock: Clock, options: RetryOptions = {}) {
    this.#clock = clock
    this.#options = {
      attempts: options.attempts ?? 6,
      connectAttempts: options.connectAttempts ?? 2,
      baseDelay: options.baseDelay ?? 500,
      maxDelay: options.maxDelay ?? 30_000,
      maxRetryAfter: options.maxRetryAfter ?? 600_000,
    }
  }

  /**
   * Waits before the next try, or throws the failure where another is of no use. `failures` counts those without
   * progress in between, this one included; `reached` says whether this server has ever answered.
   */
  async next(
    failure: HttpError,
    failures: number,
    signal: AbortSignal | undefined,
    reached = true,
  ): Promise<void> {
    const { attempts, connectAttempts, maxRetryAfter } = this.#options
    if (failures >= (failure.unsent && !reached ? connectAttempts : attempts)) throw failure
    const asked = failure.retryAfter ?? 0
    if (asked > maxRetryAfter) {
      const seconds = Math.ceil(asked / 1000)
      throw failure.withHint(`the server asks to wait ${seconds} seconds: run the same command again then`)
    }
    await this.#clock.sleep(Math.max(asked, this.#backoff(failures)), signal)
    signal?.throwIfAborted()
  }

  #backoff(failures: number): number {
    const full = Math.min(this.#options.maxDelay, this.#options.baseDelay * 2 ** (failures - 1))
    return full / 2 + (full / 2) * this.#clock.random()
  }
}

export interface RetriedWork {
  signal?: AbortSignal | undefined
  /** Whether the server has ever answered. Default: not. */
  reached?: (() => boolean) | undefined
  /** Whether it may be done again after this failure. Default: where that can help. */
  mayRepeat?: ((failure: HttpError) => boolean) | undefined
}

/** Runs `attempt` until it succeeds, fails for good, or has failed too often. */
export async function withRetry<Result>(
  policy: RetryPolicy,
  { signal, reached = () => false, mayRepeat = ({ transient }) => transient }: RetriedWork,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof HttpError) || !mayRepeat(error)) throw error
      await policy.next(error, failures, signal, reached())
    }
  }
}
