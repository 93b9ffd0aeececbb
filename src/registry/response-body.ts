import { printUrl } from "./location.ts"
import { RegistryError } from "./registry-error.ts"
import type { HttpResponse } from "./transport.ts"

/** Reads a body of at most `limit` bytes; one that is longer is broken off, and comes back as `undefined`. */
export async function readAtMost(response: HttpResponse, limit: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = []
  let size = 0
  // Leaving the loop early destroys the stream, and so frees the connection.
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > limit) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Reads a document that a registry or token server answers with. Throws `INVALID_RESPONSE` for more than `limit` bytes. */
export async function readDocumentBody(response: HttpResponse, limit: number): Promise<Uint8Array> {
  const bytes = await readAtMost(response, limit)
  if (bytes !== undefined) return bytes
  throw new RegistryError(
    "INVALID_RESPONSE",
    `${printUrl(response.url)} answers with more than ${limit} bytes, which is refused`,
    { status: response.status, url: printUrl(response.url) },
  )
}
