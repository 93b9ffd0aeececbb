import type { IncomingMessage, ServerResponse } from "node:http"
import type { Limits } from "./limits.ts"

/** How often it is looked how much came, in milliseconds. */
const LOOK = 50

/**
 * Once a request is answered, what still comes of its body is of no use: it is thrown away for a while, so that a
 * client that sends before it reads gets to the answer; then the connection is cut. Else whoever may nothing could
 * send without end.
 */
export function limitRestOfBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { rest, restBytes }: Pick<Limits, "rest" | "restBytes">,
): void {
  outgoing.once("finish", () => {
    if (incoming.complete) return
    const { socket } = incoming
    const last = socket.bytesRead + restBytes
    const until = performance.now() + rest
    incoming.resume()
    const timer = setInterval(() => {
      if (incoming.complete || socket.destroyed) return clearInterval(timer)
      if (socket.bytesRead > last || performance.now() > until) socket.destroy()
    }, LOOK)
  })
}
