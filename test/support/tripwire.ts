import { once } from "node:events"
import { request as httpRequest, type IncomingMessage } from "node:http"
import { onTestFinished } from "vitest"
import { startServer } from "./registry/http-server.ts"
import type { TestRegistry } from "./registry/test-registry.ts"

/** When a wire is tripped: before a request is passed on, within its body, or before its answer is passed back. */
export const PHASES = ["before", "within", "after"] as const

export interface Tripwire {
  host: string
  /** Requests so far. */
  count: number
  /**
   * Counts anew, calls `begun` at the next request and `trip` at the one with that number, from 0. Behind that nothing
   * passes until it is set again.
   */
  set(at: number, phase: (typeof PHASES)[number], calls: { begun: () => void; trip: () => void }): void
}

/** Stands before a registry and does something at an exact moment of a transfer, as killing who asks. */
export async function runTripwire(registry: TestRegistry): Promise<Tripwire> {
  const nothing = { begun: () => {}, trip: () => {} }
  let wire = { at: Number.POSITIVE_INFINITY, phase: "before", ...nothing }
  const server = await startServer(async (request, response) => {
    const number = tripwire.count++
    if (number === 0) wire.begun()
    if (number > wire.at) return void request.socket.destroy()
    const reached = (phase: string) => {
      if (number !== wire.at || phase !== wire.phase) return false
      wire.trip()
      request.socket.destroy()
      return true
    }
    if (reached("before")) return
    const upstream = passOn(registry, request)
    const answered = once(upstream, "response") as Promise<[IncomingMessage]>
    answered.catch(() => undefined)
    for await (const chunk of request) {
      await new Promise((resolve) => upstream.write(chunk, resolve))
      if (reached("within")) return void upstream.destroy()
    }
    upstream.end()
    const [answer] = await answered
    // A request without a body has no moment within it.
    if (reached("within") || reached("after")) return void answer.resume()
    response.writeHead(answer.statusCode ?? 500, answer.headers)
    answer.pipe(response)
  })
  onTestFinished(() => server.close())
  const tripwire: Tripwire = {
    host: server.host,
    count: 0,
    set(at, phase, calls) {
      tripwire.count = 0
      wire = { at, phase, ...calls }
    },
  }
  return tripwire
}

function passOn(registry: TestRegistry, { method, url, headers }: IncomingMessage) {
  const [host, port] = registry.host.split(":")
  const upstream = httpRequest({ host, port, method, path: url, headers, agent: false })
  upstream.on("error", () => undefined)
  upstream.flushHeaders()
  return upstream
}
