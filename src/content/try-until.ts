import { setTimeout } from "node:timers/promises"

/**
 * Milliseconds between two tries. Most wait for a change of a few; whoever waits for a process that makes one change after
 * the other has to meet one of the gaps between them, and tries often for that, which costs a hundredth of a core.
 */
const PAUSES = [1, 1, 2, 3] as const
const LAST_PAUSE = 4

/**
 * Tries what another process may be in the way of until it gives something, while everything else in this process goes on.
 * Throws what `attempt` throws when it gives up, and the signal's reason.
 */
export async function tryUntil<Result extends object>(
  attempt: () => Promise<Result | undefined>,
  signal?: AbortSignal,
): Promise<Result> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted()
    const result = await attempt()
    if (result !== undefined) return result
    await setTimeout(PAUSES[tries] ?? LAST_PAUSE)
  }
}
