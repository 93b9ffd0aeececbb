import { z } from "zod"
import { MAX_PAGE, pageOf } from "../api/page.ts"
import { ClientError } from "./client-error.ts"
import type { Call, ServerConnection } from "./server-connection.ts"

interface PageOptions {
  /** Default: all. */
  limit?: number | undefined
  /** Where the caller goes on. */
  cursor?: string | undefined
  /** How many items it leaves out at the beginning. */
  offset?: number | undefined
  signal?: AbortSignal | undefined
}

const totalSchema = z.object({ total: z.int().nonnegative() })

/** Of one list, in bytes of its text: a quarter of a million devices. */
const MAX_SIZE = 128 * 1024 * 1024

/** Reads a list, page by page. Throws `INVALID_ANSWER` for one that goes round, or that is longer than 128 MiB. */
export async function readPages<Item extends z.ZodType>(
  server: ServerConnection,
  { path, query }: Pick<Call, "path" | "query">,
  item: Item,
  { limit = Number.POSITIVE_INFINITY, cursor, offset, signal }: PageOptions,
): Promise<z.output<Item>[]> {
  const items: z.output<Item>[] = []
  const schema = pageOf(item)
  const seen = new Set<string>()
  let total = 0
  for (let next = cursor; items.length < limit; ) {
    const size = Math.min(limit - items.length, MAX_PAGE)
    const place = next === undefined ? { offset } : { cursor: next }
    const call: Call = { method: "GET", path, query: { ...query, limit: size, ...place }, signal }
    const { answer: page, size: bytes } = await server.measured(call, schema)
    items.push(...(page.items as z.output<Item>[]).slice(0, size))
    if (page.next === null) break
    // What goes on without an end must not keep its reader for ever, or fill its memory.
    if (page.items.length === 0) throw endless(path, "with nothing in it")
    if (seen.has(page.next)) throw endless(path, "where it was before")
    seen.add(page.next)
    total += bytes
    if (total > MAX_SIZE) throw endless(path, `behind ${MAX_SIZE} bytes`)
    next = page.next
  }
  return items
}

/** How many items a list has in all. */
export async function readTotal(
  server: ServerConnection,
  { path, query }: Pick<Call, "path" | "query">,
  signal: AbortSignal | undefined,
): Promise<number> {
  const call: Call = { method: "GET", path, query: { ...query, limit: 1, count: true }, signal }
  return (await server.call(call, totalSchema)).total
}

function endless(path: string, where: string): ClientError {
  return new ClientError("INVALID_ANSWER", `the server's list of ${path} goes on ${where}`, {
    hint: "ask for fewer with a limit; if it stays so, the server may be of another version",
  })
}
