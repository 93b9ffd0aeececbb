import type { Clock } from "./clock.ts"
import { RegistryError } from "./registry-error.ts"

export interface RetryOptions {
  /** Tries of one request, or of one transfer without progress, in all. Default 6. */
  attempts?: number | undefined
  /** Tries to reach a registry that has not answered yet. Default 2. */
  connectAttempts?: number | undefined
  /** Milliseconds before the second try; doubled each time. Default 500. */
  baseDelay?: number | undefined
  /** Longest wait of our own, in milliseconds. Default 30,000. */
  maxDelay?: number | undefined
  /** Longest `Retry-After` that is waited for, in milliseconds; a longer one fails at once. Default 600,000. */
  maxRetryAfter?: number | undefined
}

/** Exponential backoff with jitter; a registry's own `Retry-After` is honoured whole. */
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
   * progress in between, this one included; `reached` says whether this registry has ever answered.
   */
  async next(
    failure: RegistryError,
    failures: number,
    signal: AbortSignal | undefined,
    reached = true,
  ): Promise<void> {
    const { attempts, connectAttempts, maxRetryAfter } = this.#options
    const limit = failure.code === "REGISTRY_UNREACHABLE" && !reached ? connectAttempts : attempts
    if (failures >= limit) throw failure
    const asked = failure.retryAfter ?? 0
    if (asked > maxRetryAfter) throw asksTooMuch(failure, asked)
    await this.#clock.sleep(Math.max(asked, this.#backoff(failures)), signal)
    signal?.throwIfAborted()
  }

  #backoff(failures: number): number {
    const full = Math.min(this.#options.maxDelay, this.#options.baseDelay * 2 ** (failures - 1))
    return full / 2 + (full / 2) * this.#clock.random()
  }
}

/** Runs `attempt` until it succeeds, fails for good, or has failed too often. */
export async function withRetry<Result>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  reached: () => boolean,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof RegistryError) || !error.transient) throw error
      await policy.next(error, failures, signal, reached())
    }
  }
}

/** Milliseconds to wait by a `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^[0-9]{1,10}$/.test(text)) return Number(text) * 1000
  const date = /^[A-Z][a-z]+, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function asksTooMuch(failure: RegistryError, asked: number): RegistryError {
  return new RegistryError(failure.code, failure.message, {
    ...detailsOf(failure),
    cause: failure,
    hint: `the registry asks to wait ${Math.ceil(asked / 1000)} seconds: run the same command again then`,
  })
}

function detailsOf({ status, method, url, retryAfter }: RegistryError) {
  return { status, method, url, retryAfter }
}
