import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { onTestFinished } from "vitest"

/** What lies between a browser and a server, and can break. */
export class BrokenNetwork {
  readonly #server: Server
  readonly #target: number
  readonly #connections = new Set<Socket>()
  #limit = Number.POSITIVE_INFINITY
  #onLimit: "cut" | "stall" = "cut"
  #isAway = false
  #isAwayThen = false

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#take(socket))
  }

  /** Passes everything on to a server, until the test ends. */
  static async before(url: string): Promise<BrokenNetwork> {
    const network = new BrokenNetwork(Number(new URL(url).port))
    network.#server.listen(0, "127.0.0.1")
    await once(network.#server, "listening")
    onTestFinished(async () => {
      network.#drop()
      network.#server.close()
    })
    return network
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Ends the connection that is the first to send so many bytes, and with `isAway` all that follow, until it is mended. */
  cutAfter(bytes: number, { isAway = false } = {}): void {
    this.#limit = bytes
    this.#onLimit = "cut"
    this.#isAwayThen = isAway
  }

  /** Keeps what a connection sends beyond so many bytes. */
  stallAfter(bytes: number): void {
    this.#limit = bytes
    this.#onLimit = "stall"
  }

  mend(): void {
    this.#limit = Number.POSITIVE_INFINITY
    this.#isAway = false
  }

  #take(socket: Socket): void {
    socket.on("error", () => undefined)
    if (this.#isAway) {
      socket.destroy()
      return
    }
    const upstream = connect(this.#target, "127.0.0.1")
    upstream.on("error", () => socket.destroy())
    for (const each of [socket, upstream]) {
      this.#connections.add(each)
      each.on("close", () => {
        this.#connections.delete(each)
        socket.destroy()
        upstream.destroy()
      })
    }
    let sent = 0
    socket.on("data", (chunk) => {
      sent += chunk.length
      if (sent <= this.#limit) {
        upstream.write(chunk)
        return
      }
      if (this.#onLimit === "stall") {
        socket.pause()
        return
      }
      this.#limit = Number.POSITIVE_INFINITY
      this.#isAway = this.#isAwayThen
      socket.removeAllListeners("data")
      socket.pause()
      // What came before is on its way: it must not be lost with the connection.
      upstream.end(() => {
        socket.destroy()
        if (this.#isAway) this.#drop()
      })
    })
    upstream.pipe(socket)
  }

  #drop(): void {
    for (const socket of this.#connections) socket.destroy()
  }
}
