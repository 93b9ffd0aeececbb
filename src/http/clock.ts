/** Time and chance, passed in so that nothing below the command line reads them. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Waits that many milliseconds; rejects with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /** A number from 0 to below 1. */
  random(): number
}
