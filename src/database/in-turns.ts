import { setImmediate } from "node:timers/promises"

/** So few rows that one statement has parameters enough for them in every database. */
const SIZE = 1000

/** Cuts a list into parts that one statement can take. Between the parts others get their turn, for whom a large fleet would take seconds. */
export async function* inTurns<Item>(items: readonly Item[]): AsyncGenerator<Item[], void> {
  for (let at = 0; at < items.length; at += SIZE) {
    if (at > 0) await setImmediate()
    yield items.slice(at, at + SIZE)
  }
}
