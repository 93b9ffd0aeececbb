import type { z } from "zod"
import { MAX_PAGE, pageOf } from "../api/page.ts"
import type { Call, ServerConnection } from "./server-connection.ts"

interface PageOptions {
  /** Default: all. */
  limit?: number | undefined
  /** Where the caller goes on. */
  cursor?: string | undefined
  signal?: AbortSignal | undefined
}

/** Reads a list, page by page. */
export async function readPages<Item extends z.ZodType>(
  server: ServerConnection,
  { path, query }: Pick<Call, "path" | "query">,
  item: Item,
  { limit = Number.POSITIVE_INFINITY, cursor, signal }: PageOptions,
): Promise<z.output<Item>[]> {
  const items: z.output<Item>[] = []
  const schema = pageOf(item)
  for (let next = cursor; items.length < limit; ) {
    const size = Math.min(limit - items.length, MAX_PAGE)
    const call: Call = { method: "GET", path, query: { ...query, limit: size, cursor: next }, signal }
    const page = await server.call(call, schema)
    items.push(...(page.items as z.output<Item>[]))
    if (page.next === null) break
    next = page.next
  }
  return items
}
