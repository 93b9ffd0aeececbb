/** More than this at once gains nothing anywhere. */
const MAX_AT_ONCE = 1024

/** How many may be under way where `limit` at once are asked for: one at least, also for what is no number. */
export function allowedAtOnce(limit: number): number {
  return limit >= 1 ? Math.min(limit, MAX_AT_ONCE) : 1
}

/**
 * Runs `work` on every item, at most `limit` at once. The first failure stops the others through their signal, and
 * is thrown only when all of them have ended, so that the caller can clean up behind them.
 */
export async function forEachConcurrent<Item>(
  items: Iterable<Item>,
  limit: number,
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
  const queue = items[Symbol.iterator]()
  const failures: unknown[] = []
  const worker = async () => {
    try {
      while (!stop.aborted) {
        const next = queue.next()
        if (next.done) return
        await work(next.value, stop)
      }
    } catch (error) {
      failures.push(error)
      failed.abort(error)
    }
  }
  await Promise.all(Array.from({ length: allowedAtOnce(limit) }, worker))
  if (failures.length > 0) throw failures[0]
  signal?.throwIfAborted()
}
