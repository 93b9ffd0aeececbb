import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { Socket } from "node:net"
import { expect, test, vi } from "vitest"
import { MAX_DOCUMENT_SIZE } from "../../src/oci/json.ts"
import { connectTo, headOf, untilClosed } from "../server/registry/raw.ts"
import { runServer } from "../support/running-server.ts"

const CHUNK = Buffer.alloc(64 * 1024, "x")

/** Sends chunks without end, and gives the answer and how many bytes the server took until it cut the connection. */
async function flood(url: string, head: string): Promise<{ answer: string; taken: number }> {
  const accepted = new Map<number, Socket>()
  const note = (message: unknown) => {
    const { socket } = message as { socket: Socket }
    accepted.set(socket.remotePort ?? 0, socket)
  }
  subscribe("net.server.socket", note)
  const socket = await connectTo(url)
  unsubscribe("net.server.socket", note)
  const { localPort = 0 } = socket
  let answer = ""
  socket.on("data", (part) => {
    answer += part
  })
  socket.write(`${head}`)
  const chunk = Buffer.concat([Buffer.from(`${CHUNK.length.toString(16)}\r\n`), CHUNK, Buffer.from("\r\n")])
  await new Promise<void>((resolve) => {
    const send = () => {
      while (socket.write(chunk));
    }
    socket.on("drain", send).once("close", resolve)
    send()
  })
  const taken = accepted.get(localPort)?.bytesRead
  if (taken === undefined) throw new Error("the server was not seen to accept the connection")
  return { answer, taken }
}

const BYTES = 4 << 20
/** What is read at once, with the framing of chunks. */
const SLACK = 1 << 20

test.each([
  ["PUT", "/v2/acme/edge/manifests/1", 401],
  ["PATCH", "/v2/acme/edge/blobs/uploads/x", 401],
  ["GET", "/v2/", 401],
  ["POST", "/api/v1/devices", 401],
  ["GET", "/api/v1/devices", 401],
  ["PUT", "/healthz", 405],
  ["DELETE", "/api/v1/registry/token", 405],
])(
  "what follows the refusal of %s %s is thrown away up to a limit, and then cut",
  async (method, path, status) => {
    const server = await runServer({ limits: { restBytes: BYTES } })
    const { answer, taken } = await flood(server.url, headOf(method, path, "Transfer-Encoding: chunked"))
    expect(answer).toContain(`HTTP/1.1 ${status} `)
    expect(taken).toBeLessThan(BYTES + SLACK)
    expect(server.lines).toMatchObject([{ method, status }])
  },
)

test("so is what comes slowly, when its time is up", async () => {
  const server = await runServer({ limits: { rest: 500 } })
  const socket = await connectTo(server.url)
  socket.write(headOf("PUT", "/v2/acme/edge/manifests/1", "Content-Length: 1000000"))
  const began = performance.now()
  const drops = setInterval(() => socket.write("x"), 20)
  await untilClosed(socket)
  clearInterval(drops)
  const lasted = performance.now() - began
  expect(lasted).toBeGreaterThan(400)
  expect(lasted).toBeLessThan(3000)
})

test("a manifest that does not say how long it is is refused where it gets too long, and cut", async () => {
  const server = await runServer({ limits: { restBytes: BYTES } })
  await server.home.fleets.createFleet({ slug: "acme/edge" }, server.home.change())
  const head = headOf(
    "PUT",
    "/v2/acme/edge/manifests/1",
    `Authorization: Bearer ${server.token}`,
    "Transfer-Encoding: chunked",
  )
  const { answer, taken } = await flood(server.url, head)
  expect(answer).toContain("HTTP/1.1 413 ")
  expect(answer).toContain(`the body has more than ${MAX_DOCUMENT_SIZE} bytes`)
  expect(taken).toBeLessThan(MAX_DOCUMENT_SIZE + BYTES + SLACK)
  await vi.waitFor(() => expect(server.lines).toMatchObject([{ method: "PUT", status: 413 }]))
})
