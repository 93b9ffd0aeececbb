import type { Socket } from "node:net"
import { expect, onTestFinished, test, vi } from "vitest"
import { connectTo, headOf } from "../server/registry/raw.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

const MIB = 1 << 20
const API = ["POST", "/api/v1/fleets/acme/edge/releases", 5 * MIB] as const
const MANIFEST = ["PUT", "/v2/acme/edge/manifests/1", 4 * MIB] as const

/** Sends all of a body but its last byte, and waits. */
async function hold(
  { url, token }: TestServer,
  [method, path, size]: readonly [string, string, number],
): Promise<Socket> {
  const socket = await connectTo(url)
  const lines = [
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    `Content-Length: ${size}`,
  ]
  socket.write(headOf(method, path, ...lines))
  socket.write(Buffer.alloc(size - 1, " "))
  return socket
}

async function ask(
  { url, token }: TestServer,
  [method, path, size]: readonly [string, string, number],
  body: string | Buffer = Buffer.alloc(size, " "),
) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  const answer = await fetch(url + path, { method, headers, body })
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), text: await answer.text() }
}

test("however many send what one may, a server holds so much of it and no more, and says when to try again", async () => {
  const server = await runServer()
  await server.home.fleets.createFleet({ slug: "acme/edge" }, server.home.change())
  // 63 MiB.
  const held = [...Array(11).fill(API), ...Array(2).fill(MANIFEST)]
  const sockets = await Promise.all(held.map((request) => hold(server, request)))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  const busy = { status: 503, retryAfter: "5" }
  await vi.waitFor(async () => expect(await ask(server, MANIFEST)).toMatchObject(busy), { timeout: 20_000 })
  expect((await ask(server, MANIFEST)).text).toContain("UNAVAILABLE")
  const refused = await ask(server, API)
  expect(refused).toMatchObject(busy)
  expect(JSON.parse(refused.text)).toMatchObject({ code: "SERVER_BUSY", hint: "try again in 5 seconds" })
  // What is small goes on.
  expect(await ask(server, ["POST", "/api/v1/fleets", 0], '{"slug":"acme/dock"}')).toMatchObject({
    status: 201,
  })
  for (const socket of sockets) socket.destroy()
  await vi.waitFor(async () => expect(await ask(server, API)).toMatchObject({ status: 400 }))
  expect(await ask(server, MANIFEST)).toMatchObject({ status: 400 })
})

test("who may not record releases has no more held than a small change needs", async () => {
  const server = await runServer()
  const { fleets, access, change } = server.home
  await fleets.createFleet({ slug: "acme/edge" }, change())
  const key = `wbd_${"k".repeat(43)}`
  const uuid = "a".repeat(32)
  await fleets.registerDevice("acme/edge", { uuid, key }, change())
  const secret = `wbt_${"s".repeat(43)}`
  await access.createToken({ name: "v", organization: "acme", role: "viewer", secret }, change())
  const report = ["PUT", `/api/v1/devices/${uuid}/current`, 0] as const
  for (const [token, request] of [
    [secret, API],
    [key, report],
  ] as const) {
    const refused = await ask({ ...server, token }, request, " ".repeat(17_000))
    expect(refused.status).toBe(413)
    expect(JSON.parse(refused.text)).toMatchObject({
      code: "BODY_TOO_LARGE",
      detail: "the body has more than 16384 bytes",
    })
  }
  expect(await ask({ ...server, token: key }, report, '{"commit":null}')).toMatchObject({ status: 200 })
})
