/** So few rows that one statement has parameters enough for them in every database. */
const SIZE = 1000

/** Cuts a list into parts that one statement can take. */
export function inParts<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / SIZE) }, (_, part) =>
    items.slice(part * SIZE, (part + 1) * SIZE),
  )
}
