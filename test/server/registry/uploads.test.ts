import { randomBytes } from "node:crypto"
import { rm, symlink } from "node:fs/promises"
import { join } from "node:path"
import { beforeEach, expect, test, vi } from "vitest"
import { contentOf } from "./images.ts"
import { type OpenRegistry, runOpenRegistry } from "./open-registry.ts"
import { connectTo, headOf, openFiles, untilLetGo } from "./raw.ts"

const blob = contentOf(randomBytes(5 << 20))
const { bytes, digest } = blob
const path = `/v2/acme/edge/blobs/${digest}`

let registry: OpenRegistry
let client: OpenRegistry["client"]

beforeEach(async () => {
  registry = await runOpenRegistry()
  client = registry.client
})

async function expectStored(): Promise<void> {
  const { headers, bytes: pulled } = await client.get(path)
  expect(pulled.equals(bytes)).toBe(true)
  expect(headers.get("docker-content-digest")).toBe(digest)
  expect(await registry.uploads()).toEqual([])
}

const part = (place: string, start: number, end: number, method = "PATCH") =>
  client.ask(method, method === "PUT" ? `${place}?digest=${digest}` : place, {
    body: bytes.subarray(start, end),
    headers: { "content-range": `${start}-${end - 1}`, "content-type": "application/octet-stream" },
  })

test("a blob is pushed by one request", async () => {
  const answer = await client.ask("POST", `/v2/acme/edge/blobs/uploads/?digest=${digest}`, { body: bytes })
  expect([answer.status, answer.headers.get("location")]).toEqual([201, path])
  await expectStored()
})

test("by two", async () => {
  const place = await client.begin("acme/edge")
  const answer = await client.ask("PUT", `${place}?digest=${digest}`, { body: bytes })
  expect([answer.status, answer.headers.get("location")]).toEqual([201, path])
  await expectStored()
})

test.each(["PATCH", "PUT"])(
  "a full disk is told of in the middle of a %s, and the connection goes on",
  async (method) => {
    const place = await client.begin("acme/edge")
    const file = join(registry.root, "uploads", place.split("/").at(-1) ?? "")
    await rm(file)
    await symlink("/dev/full", file)
    const answer = await part(place, 0, bytes.length, method)
    expect([answer.status, answer.code]).toEqual([507, "UNKNOWN"])
    expect((await client.ask("DELETE", place)).status).toBe(204)
    await client.pushBlob("acme/edge", bytes)
    await expectStored()
  },
)

test("in parts, the last of them with the closing request", async () => {
  let place = await client.begin("acme/edge")
  const first = await part(place, 0, 2_000_000)
  expect([first.status, first.headers.get("range")]).toEqual([202, "0-1999999"])
  place = first.headers.get("location") ?? ""
  const second = await part(place, 2_000_000, 2_000_001)
  expect([second.status, second.headers.get("range")]).toEqual([202, "0-2000000"])
  expect((await part(second.headers.get("location") ?? "", 2_000_001, blob.size, "PUT")).status).toBe(201)
  await expectStored()
})

test("in parts, and closed by a request with nothing in it", async () => {
  const place = await client.begin("acme/edge")
  for (let start = 0; start < blob.size; start += 2_000_000) {
    expect((await part(place, start, Math.min(start + 2_000_000, blob.size))).status).toBe(202)
  }
  expect((await client.ask("PUT", `${place}?digest=${digest}`)).status).toBe(201)
  await expectStored()
})

test("as a stream of unknown length", async () => {
  const place = await client.begin("acme/edge")
  const body = new Blob([bytes]).stream()
  const answer = await client.ask("PATCH", place, { body })
  expect([answer.status, answer.headers.get("range")]).toEqual([202, `0-${blob.size - 1}`])
  expect((await client.ask("PUT", `${place}?digest=${digest}`)).status).toBe(201)
  await expectStored()
})

test("of sha512, whether that was said at the beginning or not; sha256 may come of it too", async () => {
  const long = contentOf("long", undefined, "sha512")
  for (const query of ["?digest-algorithm=sha512", ""]) {
    const place = await client.begin("acme/edge", query)
    await client.get(place, { method: "PATCH", body: long.bytes })
    const answer = await client.ask("PUT", `${place}?digest=${long.digest}`)
    expect(answer.status).toBe(201)
    expect((await client.get(answer.headers.get("location") ?? "")).text).toBe("long")
    await client.get(`/v2/acme/edge/blobs/${long.digest}`, { method: "DELETE" })
  }
  const place = await client.begin("acme/edge", "?digest-algorithm=sha512")
  expect((await client.ask("PUT", `${place}?digest=${digest}`, { body: bytes })).status).toBe(201)
  await expectStored()
})

test("of nothing at all", async () => {
  const empty = contentOf("")
  const place = await client.begin("acme/edge")
  const answer = await client.ask("PUT", `${place}?digest=${empty.digest}`)
  expect(answer.status).toBe(201)
  const pulled = await client.get(`/v2/acme/edge/blobs/${empty.digest}`)
  expect([pulled.text, pulled.headers.get("content-length")]).toEqual(["", "0"])
})

test("an upload says how far it is, and goes on from there", async () => {
  const place = await client.begin("acme/edge")
  const begun = await client.ask("GET", place)
  expect([begun.status, begun.headers.get("range"), begun.headers.get("location")]).toEqual([
    204,
    "0-0",
    place,
  ])
  await part(place, 0, 1000)
  const state = await client.ask("GET", place)
  expect([state.status, state.headers.get("range")]).toEqual([204, "0-999"])
  expect((await client.ask("HEAD", path)).status).toBe(404)
  expect((await part(place, 1000, blob.size, "PUT")).status).toBe(201)
  expect(await client.ask("GET", place)).toMatchObject({ status: 404, code: "BLOB_UPLOAD_UNKNOWN" })
  await expectStored()
})

test.each([
  ["sent again", 0],
  ["left out", 2000],
])("what is %s is refused, and the answer says where to go on", async (_, start) => {
  const place = await client.begin("acme/edge")
  await part(place, 0, 1000)
  for (const method of ["PATCH", "PUT"]) {
    const refused = await part(place, start, start + 1000, method)
    expect(refused).toMatchObject({ status: 416, code: "BLOB_UPLOAD_INVALID" })
    expect([refused.headers.get("range"), refused.headers.get("location")]).toEqual(["0-999", place])
  }
  expect((await part(place, 1000, blob.size, "PUT")).status).toBe(201)
  await expectStored()
})

test.each([
  ["less", 500],
  ["more", 2000],
])("a stream that brings %s than it said closes nothing; what came is kept", async (_, length) => {
  const place = await client.begin("acme/edge")
  const stream = (method: string, start: number) =>
    client.ask(method, `${place}?digest=${digest}`, {
      body: new Blob([bytes.subarray(start, start + length)]).stream(),
      headers: { "content-range": `${start}-${start + 999}` },
    })
  expect(await stream("PATCH", 0)).toMatchObject({ status: 400, code: "SIZE_INVALID" })
  expect((await client.get(place)).headers.get("range")).toBe(`0-${length - 1}`)
  expect(await stream("PUT", length)).toMatchObject({ status: 400, code: "SIZE_INVALID" })
  expect((await client.get(place)).headers.get("range")).toBe(`0-${2 * length - 1}`)
  expect((await part(place, 2 * length, blob.size, "PUT")).status).toBe(201)
  await expectStored()
})

test("content with another digest leaves nothing, and ends the upload", async () => {
  const place = await client.begin("acme/edge")
  await client.get(place, { method: "PATCH", body: bytes.subarray(1) })
  const closed = await client.ask("PUT", `${place}?digest=${digest}`)
  expect(closed).toMatchObject({ status: 400, code: "DIGEST_INVALID" })
  expect(await client.ask("GET", place)).toMatchObject({ status: 404, code: "BLOB_UPLOAD_UNKNOWN" })
  expect(await registry.files()).toEqual([])
})

test("an upload that is cancelled leaves nothing", async () => {
  const place = await client.begin("acme/edge")
  await part(place, 0, 1000)
  expect((await client.ask("DELETE", place)).status).toBe(204)
  for (const method of ["GET", "DELETE", "PATCH"]) {
    expect(await client.ask(method, place), method).toMatchObject({
      status: 404,
      code: "BLOB_UPLOAD_UNKNOWN",
    })
  }
  expect(await registry.files()).toEqual([])
})

test("an upload is taken over from a connection that hangs", async () => {
  const place = await client.begin("acme/edge")
  const before = await openFiles()
  const hanging = await connectTo(client.url)
  hanging.write(headOf("PATCH", place, `Content-Length: ${blob.size}`))
  hanging.write(bytes.subarray(0, 1_500_000))
  await vi.waitFor(async () => {
    expect((await client.ask("GET", place)).headers.get("range")).not.toBe("0-0")
  })
  // Whoever takes over learns how far the other came.
  const refused = await part(place, 0, 1000)
  expect(refused.status).toBe(416)
  const end = Number(refused.headers.get("range")?.slice(2)) + 1
  expect(end).toBeGreaterThanOrEqual(1 << 20)
  expect((await part(place, end, blob.size, "PUT")).status).toBe(201)
  if (!hanging.closed) await new Promise((resolve) => hanging.once("close", resolve))
  await expectStored()
  await untilLetGo([...before, ...(await openFiles()).filter((link) => link.startsWith("socket:"))])
})

test("an upload that hangs can be cancelled", async () => {
  const place = await client.begin("acme/edge")
  const begun = registry.begun()
  const hanging = await connectTo(client.url)
  hanging.write(headOf("PATCH", place, `Content-Length: ${blob.size}`))
  await vi.waitFor(() => expect(registry.begun()).toBe(begun + 1))
  expect((await client.ask("DELETE", place)).status).toBe(204)
  if (!hanging.closed) await new Promise((resolve) => hanging.once("close", resolve))
  expect(await registry.files()).toEqual([])
})

test("of many that send the same part at once, none spoils the upload", async () => {
  const place = await client.begin("acme/edge")
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => part(place, 0, 3_000_000).catch(() => ({ status: 0 }))),
  )
  // Each makes the one before let go; what that had sent may be a part.
  for (const { status } of answers) expect([0, 202, 416]).toContain(status)
  const { headers } = await client.get(place)
  const end = Number(headers.get("range")?.slice(2)) + 1
  expect((await part(place, end === 1 ? 0 : end, blob.size, "PUT")).status).toBe(201)
  await expectStored()
})

test("two uploads of one blob at once both succeed, also while it is read", async () => {
  const post = () => client.ask("POST", `/v2/acme/edge/blobs/uploads/?digest=${digest}`, { body: bytes })
  expect((await post()).status).toBe(201)
  const answers = await Promise.all([post(), client.ask("GET", path), post(), client.ask("GET", path)])
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 201, 200])
  for (const answer of answers) if (answer.status === 200) expect(answer.bytes.equals(bytes)).toBe(true)
  await expectStored()
})

test("two who close one upload at once: one does, and the blob is there", async () => {
  const place = await client.begin("acme/edge")
  await client.get(place, { method: "PATCH", body: bytes })
  const close = () => client.ask("PUT", `${place}?digest=${digest}`)
  const statuses = (await Promise.all([close(), close()])).map(({ status }) => status)
  expect(statuses.toSorted()).toEqual([201, 404])
  await expectStored()
})
