import type { Socket } from "node:net"

/** How often a connection is looked at within the time that it may stand still. */
const LOOKS = 20

/**
 * Cuts a client off that neither sends nor takes anything for so many milliseconds: it must not hold files for
 * nothing. Gives what ends the watch. Looks are counted, and not time: where this process itself stood still, no
 * client is to blame.
 */
export function watchIdle(
  socket: Socket,
  timeout: number,
  /** Whether it is the client that is waited for. Default: always. */
  isItsTurn: () => boolean = () => true,
): () => void {
  let moved = movementOf(socket)
  let still = 0
  const timer = setInterval(() => {
    const now = movementOf(socket)
    still = now === moved && isItsTurn() ? still + 1 : 0
    moved = now
    if (still >= LOOKS) socket.destroy()
  }, timeout / LOOKS)
  return () => clearInterval(timer)
}

/**
 * Changes with every byte that goes in or out. Node's own timeout begins anew with each write, and once more when it
 * is up while one is under way: a client that takes nothing would be waited for twice as long.
 */
function movementOf(socket: Socket & { _handle?: { writeQueueSize?: number } | null }): string {
  const { bytesRead, bytesWritten, writableLength, _handle } = socket
  // What the system has not taken yet of a write under way; Node has no public name for it.
  return `${bytesRead} ${bytesWritten} ${writableLength} ${_handle?.writeQueueSize}`
}
