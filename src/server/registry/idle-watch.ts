import type { Socket } from "node:net"

/** How many requests count on a connection: a client may send the next before it has the answer (RFC 9112, 9.3.2). */
const watched = new WeakMap<Socket, number>()

/**
 * Cuts a client off that neither sends nor takes anything for so many milliseconds: it must not hold files for
 * nothing. Gives what ends the watch.
 */
export function watchIdle(socket: Socket, timeout: number): () => void {
  const others = watched.get(socket) ?? 0
  watched.set(socket, others + 1)
  if (others === 0) socket.on("timeout", cut)
  socket.setTimeout(timeout)
  return () => {
    const left = (watched.get(socket) ?? 1) - 1
    watched.set(socket, left)
    if (left > 0) return
    socket.off("timeout", cut)
    socket.setTimeout(0)
  }
}

function cut(this: Socket): void {
  this.destroy()
}
