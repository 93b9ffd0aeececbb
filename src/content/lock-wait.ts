import { ContentError } from "./content-error.ts"
import type { OperationOptions } from "./interfaces.ts"
import { describeHolders, findHolders } from "./lock-holders.ts"
import { tryUntil } from "./try-until.ts"

/** How long to wait for a lock that another process holds, and who is told of it. */
export interface LockPatience {
  /** In milliseconds; then `CANNOT_LOCK`. Default 10 seconds. */
  lockTimeout?: number | undefined
  /** Hears once, in words, what is waited for, when that takes longer than a second. */
  onLockWait?: ((message: string) => void) | undefined
}

const DEFAULT_TIMEOUT = 10_000
/** What takes no longer is not worth a word. */
const QUIET = 1000
/** A timer that is to take longer fires at once. */
const LONGEST = 2 ** 31 - 1

/**
 * Tries until `attempt` gives something, without holding up the event loop. Throws `CANNOT_LOCK` when the time is over,
 * naming `path` and, where the system tells, the process that holds it.
 */
export async function waitForLock<Result extends object>(
  path: string,
  { lockTimeout = DEFAULT_TIMEOUT, onLockWait, signal }: LockPatience & OperationOptions,
  attempt: () => Result | undefined,
): Promise<Result> {
  let end: AbortSignal | undefined
  let notice: AbortSignal | undefined
  let isSaid = false
  return tryUntil(async () => {
    const result = attempt()
    if (result !== undefined) return result
    end ??= AbortSignal.timeout(Math.min(lockTimeout, LONGEST))
    notice ??= AbortSignal.timeout(QUIET)
    if (lockTimeout === 0 || end.aborted) throw await timedOut(path, lockTimeout)
    if (!isSaid && notice.aborted) {
      isSaid = true
      onLockWait?.(`waiting for ${describeHolders(await findHolders(path))}, which works in ${path}`)
    }
    return undefined
  }, signal)
}

async function timedOut(path: string, timeout: number): Promise<ContentError> {
  const holders = await findHolders(path)
  const who = describeHolders(holders)
  // Nobody is told to end a process that may have nothing to do with it.
  const end = holders.certain.length > 0 ? ", or end it if it hangs" : ""
  return new ContentError(
    "CANNOT_LOCK",
    timeout === 0
      ? `${path} is in use by ${who}`
      : `${path} is still in use by ${who} after ${timeout / 1000} seconds of waiting`,
    { hint: `wait until that is done${end}, then run the same command again` },
  )
}
