import { setTimeout as wait } from "node:timers/promises"
import type { Clock } from "./http/clock.ts"

/** The machine's own time and chance. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal ? { signal } : {}),
  random: () => Math.random(),
}
