import { once } from "node:events"
import type { Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { expect, test, vi } from "vitest"
import { sampleRelease } from "../fleet/sample-release.ts"
import { Client } from "../server/registry/client.ts"
import { contentOf } from "../server/registry/images.ts"
import { connectTo, headOf, untilClosed } from "../server/registry/raw.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

/** More than the buffers of both ends of a connection hold. */
const large = contentOf(Buffer.alloc(64 << 20, "large"))

/** Sends a byte every few milliseconds for as long as it is let, and gives for how many milliseconds it was. */
async function drip(socket: Socket, byte: string): Promise<number> {
  const began = performance.now()
  const drops = setInterval(() => socket.write(byte), 20)
  await untilClosed(socket)
  clearInterval(drops)
  return performance.now() - began
}

async function withBlob(server: TestServer): Promise<string> {
  await server.home.fleets.createFleet({ slug: "acme/edge" }, server.home.change())
  const client = new Client(server.url, `Bearer ${server.token}`)
  const place = await client.begin("acme/edge")
  await client.get(`${place}?digest=${large.digest}`, { method: "PUT", body: large.bytes })
  return `/v2/acme/edge/blobs/${large.digest}`
}

test("a head that drips is cut when its time is up", async () => {
  const server = await runServer({ limits: { head: 300 } })
  const socket = await connectTo(server.url)
  socket.write("GET /healthz HTTP/1.1\r\nX-Slow: ")
  const lasted = await drip(socket, "x")
  expect(lasted).toBeGreaterThan(250)
  expect(lasted).toBeLessThan(2000)
})

test("a connection on which nothing comes is cut then too, with TLS and without", async () => {
  const { server: certificate } = await makeCertificates()
  const tls = { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) }
  for (const options of [{}, { tls }]) {
    const server = await runServer({ limits: { head: 300 }, ...options })
    const began = performance.now()
    const socket = await connectTo(server.url)
    await untilClosed(socket)
    expect(performance.now() - began).toBeLessThan(2000)
  }
  const server = await runServer({ limits: { head: 300 }, tls })
  const socket = connectTls({ port: Number(new URL(server.url).port), rejectUnauthorized: false })
  await untilClosed(socket.on("error", () => undefined))
})

test.each([
  ["a login to the registry", "POST", "/api/v1/registry/token", []],
  ["a request to the API", "PUT", "/api/v1/fleets/acme/edge/policy", ["Content-Type: application/json"]],
])("%s that drips is cut when its time is up, and logged as broken off", async (_, method, path, lines) => {
  const server = await runServer({ limits: { body: 400 } })
  const socket = await connectTo(server.url)
  const login = path.endsWith("token") ? [] : [`Authorization: Bearer ${server.token}`]
  socket.write(headOf(method, path, "Content-Length: 60000", ...login, ...lines))
  const lasted = await drip(socket, "x")
  expect(lasted).toBeGreaterThan(350)
  expect(lasted).toBeLessThan(3000)
  await vi.waitFor(() => expect(server.lines).toHaveLength(1))
  expect(server.lines[0]).toMatchObject({ method, status: 499, level: "info" })
  expect(server.lines[0]).not.toHaveProperty("error")
})

test("a client that breaks off a body of the API is logged as that, and not as a failure of the server", async () => {
  const server = await runServer()
  const lines = [`Authorization: Bearer ${server.token}`, "Content-Type: application/json"]
  for (const [at, length] of ["Content-Length: 60", "Transfer-Encoding: chunked"].entries()) {
    for (const [path, method] of [
      ["/api/v1/devices", "POST"],
      ["/api/v1/fleets/acme/edge/policy", "PUT"],
    ] as const) {
      const known = server.lines.length
      const socket = await connectTo(server.url)
      const head = headOf(method, path, length, ...lines)
      await new Promise((resolve) => socket.write(`${head}${at === 0 ? '{"fl' : '4\r\n{"fl\r\n'}`, resolve))
      const metrics = await fetch(`${server.url}/metrics`, {
        headers: { authorization: `Bearer ${server.token}` },
      })
      await metrics.text()
      socket.destroy()
      await vi.waitFor(() => expect(server.lines).toHaveLength(known + 2))
      const line = server.lines.find((found, index) => index >= known && found.path === path)
      expect(line).toMatchObject({ method, status: 499, level: "info" })
      expect(line).not.toHaveProperty("error")
    }
  }
})

test("a reader that takes nothing is cut when its time is up, not at twice that, and logged as broken off", async () => {
  const idle = 1000
  const server = await runServer({ limits: { idle } })
  const path = await withBlob(server)
  const known = server.lines.length
  const socket = await connectTo(server.url)
  socket.write(headOf("GET", path, `Authorization: Bearer ${server.token}`))
  await once(socket, "readable")
  const began = performance.now()
  await vi.waitFor(() => expect(server.lines).toHaveLength(known + 1), { timeout: 20_000, interval: 5 })
  const lasted = performance.now() - began
  expect(lasted).toBeGreaterThan(0.8 * idle)
  expect(lasted).toBeLessThan(1.7 * idle)
  expect(server.lines[known]).toMatchObject({ method: "GET", status: 499, level: "info" })
  socket.destroy()
})

test("a reader that is slow, and takes something all the time, is not cut", async () => {
  const idle = 1500
  const server = await runServer({ limits: { idle } })
  const path = await withBlob(server)
  const known = server.lines.length
  const socket = await connectTo(server.url)
  socket.write(headOf("GET", path, `Authorization: Bearer ${server.token}`))
  const until = performance.now() + 3 * idle
  let taken = 0
  // The systems at both ends hold megabytes, and tell each other of what was read in large steps.
  const reads = setInterval(() => {
    taken += socket.read(64 * 1024)?.length ?? 0
  }, 15)
  await vi.waitFor(() => expect(performance.now()).toBeGreaterThan(until), { timeout: 10_000 })
  clearInterval(reads)
  expect(socket.closed).toBe(false)
  expect(server.lines).toHaveLength(known)
  expect(taken).toBeLessThan(large.size / 2)
  socket.destroy()
})

test("answers of the API that nobody takes hold no connection either", async () => {
  const server = await runServer({ limits: { idle: 500 } })
  const { fleets, change } = server.home
  await fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change())
  const composition = { services: { web: {}, api: {} }, "x-long": "x".repeat(900_000) }
  const {
    release: { id },
  } = await fleets.recordRelease("acme/edge", sampleRelease("a", { composition }), change())
  const socket = await connectTo(server.url)
  socket.pause()
  const get = headOf("GET", `/api/v1/releases/${id}`, `Authorization: Bearer ${server.token}`)
  socket.write(get.repeat(50))
  await vi.waitFor(() => expect(server.lines.some(({ status }) => status === 499)).toBe(true), {
    timeout: 20_000,
  })
  // One after another: the others were not even begun.
  expect(server.lines.length).toBeLessThan(30)
  await untilClosed(socket)
})

test("whoever asks the API for more than any client does at once is cut off", async () => {
  const server = await runServer()
  const socket = await connectTo(server.url)
  socket.pause()
  const get = headOf("GET", "/api/v1/fleets", `Authorization: Bearer ${server.token}`)
  socket.write(get.repeat(1000))
  await untilClosed(socket)
  expect(server.lines.length).toBeLessThan(200)
})
