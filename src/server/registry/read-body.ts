import type { IncomingMessage } from "node:http"
import type { HeldBody } from "./body-budget.ts"

interface Terms {
  /** In bytes. */
  limit: number
  held: HeldBody
  /** What is thrown for a body of more bytes than that. */
  tooLarge: () => Error
  /** What is thrown where all requests together hold too much. */
  noRoom: () => Error
}

/** Reads a small body whole. One that is refused is left where it is, so that the refusal can be answered. */
export async function readBody(
  incoming: IncomingMessage,
  { limit, held, tooLarge, noRoom }: Terms,
): Promise<Buffer> {
  if (Number(incoming.headers["content-length"] ?? 0) > limit) throw tooLarge()
  const parts: Buffer[] = []
  let size = 0
  // Giving up in the middle must not break the connection before it has been answered.
  for await (const part of incoming.iterator({ destroyOnReturn: false })) {
    size += part.length
    if (size > limit) throw tooLarge()
    if (!held.take(part.length)) throw noRoom()
    parts.push(part)
  }
  return Buffer.concat(parts)
}
