import { z } from "zod"
import { printCursor } from "../api/cursor.ts"

export const idCursor = z.int().positive()

/** A page out of one item more than it holds: so much tells whether another is behind it. */
export function pageOf<Item, Shown>(
  found: readonly Item[],
  limit: number,
  placeOf: (item: Item) => string | number,
  show: (item: Item) => Shown,
): { items: Shown[]; next: string | null } {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const next = found.length > limit && last !== undefined ? printCursor(placeOf(last)) : null
  return { items: items.map(show), next }
}
