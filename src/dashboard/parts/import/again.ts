import type { CallError } from "../../calls/problem.ts"
import { isPassing } from "./bundle-calls.ts"

/** Waits between tries, in milliseconds; the last for all that follow. */
const WAITS = [500, 1000, 2000, 4000, 8000, 15_000]

/** Tries without progress, after which it is given up: four minutes. */
const TRIES = 20

interface AgainOptions {
  signal: AbortSignal
  /** How far the work is: what moved since the last try is progress. */
  progress: () => number
  /** What keeps it waiting; `undefined` when it goes on. */
  onWait: (error: CallError | undefined) => void
}

/** Does something until the server takes it. Throws what is not going to pass, and what has not passed for long. */
export async function again<Result>(
  work: () => Promise<Result>,
  { signal, progress, onWait }: AgainOptions,
): Promise<Result> {
  for (let tries = 1, reached = progress(); ; tries++) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (progress() > reached) tries = 1
      reached = progress()
      if (!isPassing(error) || tries >= TRIES) throw error
      onWait(error)
      await pause(WAITS[Math.min(tries, WAITS.length) - 1] ?? 0, signal)
      onWait(undefined)
    }
  }
}

/** Ends early when the network is back. */
async function pause(time: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stop = () => reject(signal.reason)
  const timer = setTimeout(resolve, time)
  window.addEventListener("online", () => resolve(), { once: true })
  signal.addEventListener("abort", stop)
  await promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener("abort", stop)
  })
}
