import { expect, test, vi } from "vitest"
import { contentOf, manifestOf } from "./images.ts"
import { type OpenRegistry, runOpenRegistry } from "./open-registry.ts"
import { answerTo, connectTo, headOf, openFiles, untilClosed, untilLetGo } from "./raw.ts"

const IDLE = 200

/** More than the buffers of both ends of a connection hold. */
const large = contentOf(Buffer.alloc(64 << 20, "large"))
const small = contentOf("small")

/** Sends something and never reads; then nothing may stay open but what was before. */
async function expectCut(registry: OpenRegistry, text: string, requests = 1): Promise<void> {
  const before = await openFiles()
  const known = registry.answered.length
  const socket = await connectTo(registry.client.url)
  socket.pause()
  socket.write(text)
  await vi.waitFor(() => expect(registry.answered).toHaveLength(known + requests), { timeout: 20_000 })
  await untilClosed(socket)
  await untilLetGo(before)
}

test("a client that stops reading a blob loses its connection, and the file is closed", async () => {
  const registry = await runOpenRegistry({ idleTimeout: IDLE })
  await registry.put("acme/edge", large)
  await expectCut(registry, headOf("GET", `/v2/acme/edge/blobs/${large.digest}`))
})

test("so does one that asks for many blobs at once and reads none, or only the first", async () => {
  const registry = await runOpenRegistry({ idleTimeout: IDLE })
  await registry.put("acme/edge", large, small)
  const get = headOf("GET", `/v2/acme/edge/blobs/${large.digest}`)
  await expectCut(registry, get.repeat(3), 3)
  await expectCut(registry, headOf("GET", `/v2/acme/edge/blobs/${small.digest}`) + get, 2)
})

test("one that asks for very many blobs at once has no more than one file open", async () => {
  const registry = await runOpenRegistry({ idleTimeout: IDLE })
  await registry.put("acme/edge", large)
  const blobs = async () => (await openFiles()).filter((link) => link.includes("/blobs/")).length
  const socket = await connectTo(registry.client.url)
  socket.pause()
  socket.write(headOf("GET", `/v2/acme/edge/blobs/${large.digest}`).repeat(50))
  let most = 0
  await vi.waitFor(
    async () => {
      most = Math.max(most, await blobs())
      expect(registry.answered).toHaveLength(50)
    },
    { timeout: 20_000, interval: 5 },
  )
  expect(most).toBe(1)
  await untilClosed(socket)
})

test("one that asks for more than any client does is cut off", async () => {
  const registry = await runOpenRegistry()
  expect(await answerTo(registry.client.url, headOf("GET", "/v2/").repeat(1000))).toMatchObject({ text: "" })
  await vi.waitFor(() => expect(registry.answered).toHaveLength(registry.begun()))
})

test("so does one that asks for lists without end and reads none", async () => {
  const registry = await runOpenRegistry({ idleTimeout: IDLE })
  const { client } = registry
  await client.push("acme/edge", [small], manifestOf([small]), "1")
  const subject = manifestOf([small])
  for (let at = 0; at < 3; at++) {
    const annotations = { long: String(at).repeat(3 << 20) }
    await client.pushManifest("acme/edge", manifestOf([small], { subject, annotations }))
  }
  const before = await openFiles()
  const socket = await connectTo(client.url)
  socket.pause()
  const list = headOf("GET", `/v2/acme/edge/referrers/${subject.digest}`)
  socket.write(list.repeat(8))
  const known = registry.answered.length
  await vi.waitFor(() => expect(registry.answered.length).toBeGreaterThan(known), { timeout: 20_000 })
  await vi.waitFor(async () => expect(await registry.connections()).toBe(0), { timeout: 20_000 })
  socket.destroy()
  await untilLetGo(before)
})

test.each(["PATCH", "PUT"])(
  "a client that stops in the middle of a %s is cut off; what it sent is kept",
  async (method) => {
    const registry = await runOpenRegistry({ idleTimeout: IDLE })
    const place = await registry.client.begin("acme/edge")
    const path = `${place}?digest=${contentOf("0123456789").digest}`
    await expectCut(registry, `${headOf(method, path, "Content-Length: 10")}01234`)
    expect((await registry.client.get(place)).headers.get("range")).toBe("0-4")
    const rest = await registry.client.ask("PUT", path, {
      body: "56789",
      headers: { "content-range": "5-9" },
    })
    expect(rest.status).toBe(201)
  },
)

test("so is one that stops in a chunk, or between two", async () => {
  const registry = await runOpenRegistry({ idleTimeout: IDLE })
  const place = await registry.client.begin("acme/edge")
  const head = headOf("PATCH", place, "Transfer-Encoding: chunked")
  await expectCut(registry, `${head}3\r\nabc\r\n`)
  await expectCut(registry, `${head}3\r\nd`)
  expect((await registry.client.get(place)).headers.get("range")).toBe("0-3")
})

test("a client that stops in a manifest is cut off, and leaves nothing", async () => {
  const registry = await runOpenRegistry({ idleTimeout: IDLE })
  await expectCut(registry, `${headOf("PUT", "/v2/acme/edge/manifests/1", "Content-Length: 100")}{"schema`)
  expect(await registry.files()).toEqual([])
})

test("a client that sends a manifest in drops is cut off when its time is up, and leaves nothing", async () => {
  const registry = await runOpenRegistry({ bodyTimeout: 300 })
  const socket = await connectTo(registry.client.url)
  socket.write(headOf("PUT", "/v2/acme/edge/manifests/1", "Content-Length: 1000"))
  const drops = setInterval(() => socket.write("x"), 20)
  const began = performance.now()
  await untilClosed(socket)
  clearInterval(drops)
  expect(performance.now() - began).toBeLessThan(5000)
  expect(await registry.files()).toEqual([])
})

test("a client that stops in a body that nobody wants is cut off as well", async () => {
  const registry = await runOpenRegistry({ idleTimeout: IDLE })
  await expectCut(registry, `${headOf("PATCH", "/v2/acme/edge/blobs/uploads/x", "Content-Length: 100")}01234`)
  await expectCut(registry, `${headOf("PUT", "/v2/acme/edge/manifests/-", "Content-Length: 5000000")}01234`)
})
