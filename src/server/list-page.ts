import { z } from "zod"
import { ApiError } from "../api/api-error.ts"
import { parseCursor, printCursor } from "../api/cursor.ts"
import type { PageQuery } from "../api/page.ts"

export const idCursor = z.int().positive()

/** Where a list goes on that is in another order than that of its places: the number of items before. */
const offsetCursor = z
  .string()
  .regex(/^\+\d{1,9}$/)
  .transform(Number)

/** Which part of a list is wanted: so many items behind a place, or behind so many others. */
export interface ListPart<Place> {
  limit: number
  behind?: Place | undefined
  offset?: number | undefined
}

interface List<Item, Place extends string | number, Shown> {
  /** Of the place of an item in the list as it is ordered where nobody asks for another order. */
  place: z.ZodType<Place>
  placeOf: (item: Item) => Place
  read: (part: ListPart<Place>) => Promise<Item[]>
  /** How many items there are in all. */
  total: () => Promise<number>
  show: (item: Item) => Shown
}

interface Page<Shown> {
  items: Shown[]
  next: string | null
  total?: number
}

/** The page of a list that a query asks for. */
export async function readPage<Item, Place extends string | number, Shown>(
  { limit, cursor, offset: asked, count, sort }: PageQuery & { sort?: string | undefined },
  { place, placeOf, read, total, show }: List<Item, Place, Shown>,
): Promise<Page<Shown>> {
  if (cursor !== undefined && asked !== undefined) {
    throw new ApiError("INVALID_REQUEST", "cursor and offset both say where the page begins", {
      hint: "give one of them",
    })
  }
  const isSorted = sort !== undefined
  const offset = isSorted ? (parseCursor(cursor, offsetCursor) ?? asked ?? 0) : asked
  const behind = isSorted ? undefined : parseCursor(cursor, place)
  // One more than it holds tells whether another page is behind it.
  const found = await read({ limit: limit + 1, behind, offset })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const end = last && (isSorted ? `+${(offset ?? 0) + limit}` : placeOf(last))
  const next = found.length > limit && end !== undefined ? printCursor(end) : null
  return { items: items.map(show), next, ...(count === "true" && { total: await total() }) }
}

/** The page of a list with nothing in it. */
export function emptyPage({ count }: PageQuery): Page<never> {
  return { items: [], next: null, ...(count === "true" && { total: 0 }) }
}
