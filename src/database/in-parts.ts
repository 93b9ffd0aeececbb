import { setImmediate } from "node:timers/promises"

/** So few rows that one statement has parameters enough for them in every database. */
const SIZE = 1000

function inParts<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / SIZE) }, (_, part) =>
    items.slice(part * SIZE, (part + 1) * SIZE),
  )
}

/** Cuts a list into parts that one statement can take. Between the parts others get their turn, for whom a large fleet would take seconds. */
export async function* inTurns<Item>(items: readonly Item[]): AsyncGenerator<Item[], void> {
  for (const [at, part] of inParts(items).entries()) {
    if (at > 0) await setImmediate()
    yield part
  }
}
