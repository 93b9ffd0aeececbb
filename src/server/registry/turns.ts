import type { Socket } from "node:net"

/** Requests that wait on one connection; no client that there is sends that many ahead. */
const MAX_WAITING = 100

interface Line {
  last: Promise<void>
  length: number
}

const lines = new WeakMap<Socket, Line>()

/**
 * Does the work of a connection's requests one after another: a client may send any number before it takes an answer
 * (RFC 9112, section 9.3.2), and each that is begun holds a file and buffers.
 */
export async function inTurn(socket: Socket, work: () => Promise<void>): Promise<void> {
  const line = lines.get(socket) ?? { last: Promise.resolve(), length: 0 }
  lines.set(socket, line)
  if (++line.length > MAX_WAITING) socket.destroy()
  const before = line.last
  const { promise, resolve } = Promise.withResolvers<void>()
  line.last = promise
  await before
  try {
    await work()
  } finally {
    line.length--
    resolve()
  }
}
