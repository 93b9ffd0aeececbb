import { randomBytes } from "node:crypto"
import { readdir } from "node:fs/promises"
import { expect, test, vi } from "vitest"
import { Machine } from "../../support/cli.ts"
import { serve, serveAgain } from "../../support/served.ts"
import { Client } from "./client.ts"
import { contentOf } from "./images.ts"
import { connectTo, headOf } from "./raw.ts"

const blob = contentOf(randomBytes(8 << 20))
const { bytes, digest } = blob

/** How many bytes an upload has, as its state says. */
async function sizeOf(client: Client, place: string): Promise<number> {
  const last = Number((await client.get(place)).headers.get("range")?.slice(2))
  return last === 0 ? 0 : last + 1
}

async function expectStored(machine: Machine, client: Client): Promise<void> {
  const pulled = await client.get(`/v2/acme/edge/blobs/${digest}`)
  expect(pulled.bytes.equals(bytes)).toBe(true)
  expect(await readdir(machine.path("home", "store", "uploads"))).toEqual([])
}

test("an upload goes on after the server was killed in the middle of a request", async () => {
  const machine = await Machine.create("acme/edge")
  const first = await serve(machine)
  const authorization = `Bearer ${first.token}`
  const place = await new Client(first.url, authorization).begin("acme/edge")
  let url = first.url
  let running = first.process
  // Twice: what was resumed once can be resumed again.
  for (const round of [1, 2]) {
    const client = new Client(url, authorization)
    const start = await sizeOf(client, place)
    const socket = await connectTo(url)
    const lines = [`Authorization: ${authorization}`, `Content-Length: ${blob.size - start}`]
    socket.write(headOf("PATCH", place, ...lines, `Content-Range: ${start}-${blob.size - 1}`))
    socket.write(bytes.subarray(start, start + 2_500_000))
    await vi.waitFor(async () => expect(await sizeOf(client, place)).toBeGreaterThan(start), {
      timeout: 20_000,
    })
    running.kill("SIGKILL")
    await new Promise((resolve) => socket.once("close", resolve))
    const again = await serveAgain(machine)
    url = again.url
    running = again.process
    const size = await sizeOf(new Client(url, authorization), place)
    expect(size, `round ${round}`).toBeGreaterThan(start)
    expect(size).toBeLessThanOrEqual(start + 2_500_000)
  }
  const client = new Client(url, authorization)
  const path = `/v2/acme/edge/blobs/${digest}`
  expect((await client.ask("HEAD", path)).status).toBe(404)
  const size = await sizeOf(client, place)
  const closed = await client.ask("PUT", `${place}?digest=${digest}`, {
    body: bytes.subarray(size),
    headers: { "content-range": `${size}-${blob.size - 1}` },
  })
  expect(closed.status).toBe(201)
  await expectStored(machine, client)
})

test("an upload whose parts all came before the server was killed only has to be closed", async () => {
  const machine = await Machine.create("acme/edge")
  const first = await serve(machine)
  const authorization = `Bearer ${first.token}`
  const client = new Client(first.url, authorization)
  const place = await client.begin("acme/edge")
  await client.get(place, { method: "PATCH", body: bytes })
  first.process.kill("SIGKILL")
  await first.outcome
  const again = new Client((await serveAgain(machine)).url, authorization)
  expect(await sizeOf(again, place)).toBe(blob.size)
  expect((await again.ask("PUT", `${place}?digest=${digest}`)).status).toBe(201)
  await expectStored(machine, again)
})
