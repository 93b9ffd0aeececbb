import type { IncomingMessage, ServerResponse } from "node:http"
import type { Limits } from "./limits.ts"

/** How often it is looked at the time, in milliseconds. */
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
  // Before Node's own listener, which makes a request that nobody reads give no data any more.
  outgoing.prependOnceListener("finish", () => {
    if (incoming.complete) return
    const { socket } = incoming
    const last = socket.bytesRead + restBytes
    const until = performance.now() + rest
    const look = () => {
      if (incoming.complete || socket.destroyed) clearInterval(timer)
      else if (socket.bytesRead > last || performance.now() > until) socket.destroy()
    }
    const timer = setInterval(look, LOOK)
    // Between two looks at the time, whoever is near sends tens of megabytes.
    incoming.on("data", look).resume().read(0)
  })
}
