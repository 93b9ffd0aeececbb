import type { IncomingMessage, ServerResponse } from "node:http"
import { watchIdle } from "./registry/idle-watch.ts"

/** The paths to which bundles are sent: their bodies are of any size, and take any time. */
const UPLOAD = /^\/api\/v1\/fleets\/[^/]+\/[^/]+\/bundles(?:\/check)?(?:\?|$)/

/** Whether a request brings a bundle, which is taken as it streams in. */
export function bringsBundle({ method, url = "" }: Pick<IncomingMessage, "method" | "url">): boolean {
  return (method === "POST" || method === "PUT") && UPLOAD.test(url)
}

/** Whether a client waits to be told that its body is wanted (RFC 9110, section 10.1.1). */
function waitsToBeAsked({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === "100-continue"
}

/**
 * The body of a request as it comes in. A client that sends nothing for so many milliseconds while it is waited for is cut off; while
 * nobody waits, as when the registry behind is slow, it has all time.
 */
export async function* incomingBytes(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  idleTimeout: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (waitsToBeAsked(incoming)) outgoing.writeContinue()
  // Giving up in the middle must not break the connection before it has been answered.
  const chunks = incoming.iterator({ destroyOnReturn: false })
  try {
    for (;;) {
      const end = watchIdle(incoming.socket, idleTimeout)
      const { value, done } = await chunks.next().finally(end)
      if (done) return
      yield value
    }
  } finally {
    await chunks.return?.()
  }
}
