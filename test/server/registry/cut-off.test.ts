import { expect, test, vi } from "vitest"
import { contentOf } from "./images.ts"
import { type OpenRegistry, runOpenRegistry } from "./open-registry.ts"
import { connectTo, headOf, openFiles, untilLetGo } from "./raw.ts"

const blob = contentOf("0123456789")
const blobPath = `/v2/acme/edge/blobs/${blob.digest}`

/** Sends a part of a request, cuts the connection when the server works on it, and waits until it gives up. */
async function cutOff(registry: OpenRegistry, text: string): Promise<void> {
  for (const how of ["destroy", "resetAndDestroy"] as const) {
    const known = registry.answered.length
    const before = registry.begun()
    const socket = await connectTo(registry.client.url)
    socket.write(text)
    await vi.waitFor(() => expect(registry.begun()).toBe(before + 1))
    socket[how]()
    await vi.waitFor(() => expect(registry.answered).toHaveLength(known + 1), { timeout: 20_000 })
  }
}

test.each([
  ["a blob", "POST", `/v2/acme/edge/blobs/uploads/?digest=${blob.digest}`],
  ["a manifest", "PUT", "/v2/acme/edge/manifests/1"],
])("%s whose only request is cut off leaves nothing", async (_, method, path) => {
  const registry = await runOpenRegistry()
  const before = await openFiles()
  await cutOff(registry, `${headOf(method, path, "Content-Length: 10")}01234`)
  await cutOff(registry, `${headOf(method, path, "Transfer-Encoding: chunked")}5\r\n01234\r\n`)
  await untilLetGo(before)
  expect(await registry.files()).toEqual([])
  expect(JSON.parse((await registry.client.get("/v2/acme/edge/tags/list")).text)).toEqual({
    name: "acme/edge",
    tags: [],
  })
})

test("of a part that is cut off no more than what came is kept, none of it is readable, and it goes on", async () => {
  const registry = await runOpenRegistry()
  const { client } = registry
  const place = await client.begin("acme/edge")
  const path = `${place}?digest=${blob.digest}`
  const before = await openFiles()
  await cutOff(registry, headOf("PATCH", place, "Content-Length: 10"))
  await cutOff(registry, headOf("PUT", path, "Content-Length: 10"))
  await cutOff(registry, `${headOf("PUT", path, "Content-Range: 5-9", "Content-Length: 5")}01234`)
  await untilLetGo(before)
  expect((await client.ask("GET", blobPath)).status).toBe(404)
  const [, size = ""] = /^0-([0-9]+)$/.exec((await client.get(place)).headers.get("range") ?? "") ?? []
  expect(size).toBe("0")
  const last = await client.ask("PUT", path, { body: blob.bytes, headers: { "content-range": "0-9" } })
  expect(last.status).toBe(201)
  expect((await client.get(blobPath)).bytes).toEqual(blob.bytes)
})

test("an upload whose closing request is cut off after its body is done, or goes on", async () => {
  const registry = await runOpenRegistry()
  const { client } = registry
  const place = await client.begin("acme/edge")
  const known = registry.answered.length
  const socket = await connectTo(client.url)
  socket.write(`${headOf("PUT", `${place}?digest=${blob.digest}`, "Content-Length: 10")}${blob.bytes}`)
  socket.destroy()
  await vi.waitFor(() => expect(registry.answered).toHaveLength(known + 1), { timeout: 20_000 })
  const state = await client.ask("GET", place)
  if (state.status === 204) {
    const kept = Number(state.headers.get("range")?.slice(2)) > 0 ? blob.size : 0
    const last = await client.ask("PUT", `${place}?digest=${blob.digest}`, {
      body: blob.bytes.subarray(kept),
    })
    expect(last.status).toBe(201)
  }
  expect((await client.get(blobPath)).bytes).toEqual(blob.bytes)
})

test("an answer that is cut off leaves no file open", async () => {
  const registry = await runOpenRegistry()
  const large = contentOf(Buffer.alloc(64 << 20, "large"))
  await registry.put("acme/edge", large)
  const before = await openFiles()
  const get = headOf("GET", `/v2/acme/edge/blobs/${large.digest}`)
  await cutOff(registry, get)
  const known = registry.answered.length
  const socket = await connectTo(registry.client.url)
  // Asked for three times at once: there is an answer under way, and two that wait for it.
  socket.write(get.repeat(3))
  await new Promise((resolve) => socket.once("data", resolve))
  socket.destroy()
  await vi.waitFor(() => expect(registry.answered).toHaveLength(known + 3), { timeout: 20_000 })
  await untilLetGo(before)
})

test("a request whose head is cut off is none", async () => {
  const registry = await runOpenRegistry()
  const before = await openFiles()
  const socket = await connectTo(registry.client.url)
  socket.write("GET /v2/acme/edge/tags/list HTTP/1.1\r\nHost: regis")
  socket.destroy()
  await untilLetGo(before)
  expect(registry.begun()).toBe(0)
})

test.each([
  ["PUT", "/v2/acme/edge/manifests/1"],
  ["POST", `/v2/acme/edge/blobs/uploads/?digest=${blob.digest}`],
  ["GET", "/v2/acme/edge/tags/list"],
])("a client that is gone before it is known who asks is not waited for: %s", async (method, path) => {
  const registry = await runOpenRegistry({
    whileEntering: (incoming) => new Promise((resolve) => incoming.on("close", resolve)),
  })
  const before = await openFiles()
  await cutOff(registry, headOf(method, path, "Content-Length: 10"))
  await untilLetGo(before)
  expect(await registry.files()).toEqual([])
})
