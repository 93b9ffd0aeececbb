import type { Server } from "node:http"
import { Server as HttpsServer } from "node:https"
import type { Socket } from "node:net"

/** Connections beyond the limit that are told so; those beyond them are closed without a word. */
const TOLD = 100

/** The connections of a server: HTTP itself does not know of those on which no request, or no TLS, has begun. */
export class Connections {
  readonly #server: Server
  readonly #limit: number
  readonly #sockets = new Set<Socket>()
  readonly #late = new WeakSet<Socket>()

  constructor(server: Server, limit: number) {
    this.#server = server
    this.#limit = limit
    server.maxConnections = limit + TOLD
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once("close", () => this.#sockets.delete(socket))
    })
    server.on(server instanceof HttpsServer ? "secureConnection" : "connection", (socket: Socket) => {
      if (this.#sockets.size <= limit) return
      this.#late.add(socket)
      // Whoever only waits gives way to whoever asks.
      server.closeIdleConnections()
    })
  }

  /** Whether a connection came when there were too many, and there still are. */
  isTooMany(socket: Socket): boolean {
    return this.#late.has(socket) && this.#sockets.size > this.#limit
  }

  /** Closes those that wait for a request. */
  closeIdle(): void {
    this.#server.closeIdleConnections()
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
