import type { z } from "zod"
import { MAX_PAGE, pageOf } from "../api/page.ts"
import { ClientError } from "./client-error.ts"
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
    items.push(...(page.items as z.output<Item>[]).slice(0, size))
    if (page.next === null) break
    // What goes on without an end must not keep its reader for ever.
    if (page.items.length === 0) throw endless(path)
    next = page.next
  }
  return items
}

function endless(path: string): ClientError {
  return new ClientError("INVALID_ANSWER", `the server's list of ${path} goes on with nothing in it`, {
    hint: "the server may be of another version",
  })
}
