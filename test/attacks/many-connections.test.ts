import { once } from "node:events"
import type { Socket } from "node:net"
import { Agent, fetch as fetchWith } from "undici"
import { expect, onTestFinished, test, vi } from "vitest"
import { BufferBudget } from "../../src/server/registry/send-buffers.ts"
import { connectTo, headOf, untilClosed } from "../server/registry/raw.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

const LIMIT = 5

/** Opens connections in the middle of a request, so that none of them is idle. */
async function occupy(server: TestServer, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let at = 0; at < count; at++) {
    const socket = await connectTo(server.url)
    socket.write("GET /healthz HTTP/1.1\r\n")
    sockets.push(socket)
  }
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  return sockets
}

test("beyond the limit a client is told to come again, in the words of what it asked for", async () => {
  const server = await runServer({ limits: { connections: LIMIT } })
  const sockets = await occupy(server, LIMIT)
  for (const path of ["/healthz", "/api/v1/fleets", "/v2/"]) {
    const answer = await fetch(server.url + path)
    expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("connection")]).toEqual([
      503,
      "5",
      "close",
    ])
    const said = await answer.json()
    const message = "the server has as many connections as it takes"
    if (path === "/v2/") expect(said).toMatchObject({ errors: [{ code: "UNAVAILABLE", message }] })
    else expect(said).toMatchObject({ status: 503, code: "TOO_MANY_CONNECTIONS", detail: message })
  }
  expect(server.lines.map(({ status }) => status)).toEqual([503, 503, 503])
  const [first] = sockets
  first?.destroy()
  await vi.waitFor(async () => expect((await fetch(`${server.url}/healthz`)).status).toBe(200))
})

test("with TLS as well", async () => {
  const { server: certificate, authority } = await makeCertificates()
  const tls = { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) }
  const server = await runServer({ tls, limits: { connections: LIMIT } })
  const silent = await Promise.all(Array.from({ length: LIMIT }, () => connectTo(server.url)))
  onTestFinished(() => {
    for (const socket of silent) socket.destroy()
  })
  const dispatcher = new Agent({ connect: { ca: authority.cert, servername: "localhost" } })
  onTestFinished(() => dispatcher.close())
  expect((await fetchWith(`${server.url}/healthz`, { dispatcher })).status).toBe(503)
})

test("connections that only wait for the next request give way to one that asks", async () => {
  const server = await runServer({ limits: { connections: LIMIT } })
  const sockets: Socket[] = []
  for (let at = 0; at < LIMIT; at++) {
    const socket = await connectTo(server.url)
    socket.write(headOf("GET", "/healthz"))
    await once(socket, "data")
    sockets.push(socket)
  }
  const closed = Promise.all(sockets.map(untilClosed))
  await vi.waitFor(async () => expect((await fetch(`${server.url}/healthz`)).status).toBe(200))
  await closed
})

test("far beyond it connections are closed at once, and hold nothing", async () => {
  const server = await runServer({ limits: { connections: LIMIT } })
  await occupy(server, LIMIT + 100)
  const socket = await connectTo(server.url)
  await untilClosed(socket)
  expect(socket.bytesRead).toBe(0)
})

test("what all pulls have for buffers is bounded, and comes back", () => {
  const budget = new BufferBudget()
  const taken = Array.from({ length: 2000 }, () => budget.take(1 << 30))
  const sizes = taken.map(({ both }) => both[0].length + both[1].length)
  expect(sizes[0]).toBe(1 << 20)
  expect(sizes.at(-1)).toBe(32 * 1024)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  expect(total).toBeLessThan((64 << 20) + 2000 * 32 * 1024)
  for (const buffers of taken) buffers[Symbol.dispose]()
  using again = budget.take(1 << 30)
  expect(again.both[0].length).toBe(512 * 1024)
  using small = budget.take(10)
  expect(small.both[1].length).toBe(10)
})
