import fc from "fast-check"
import { expect, test } from "vitest"
import { RegistryRefusal } from "../../../src/server/registry/registry-refusal.ts"
import { contentOf, manifestOf } from "./images.ts"
import { runOpenRegistry } from "./open-registry.ts"
import { answerTo, headOf, openFiles, untilLetGo } from "./raw.ts"

const CLOSE = "Connection: close"
const blob = contentOf("0123456789")
const image = manifestOf([blob])

test.each([
  "/v2/../../etc/passwd",
  "/v2/../index.json",
  "/v2/..",
  "/v2/./acme/edge/tags/list",
  "/v2/acme/../../../etc/tags/list",
  "/v2/../../etc/blobs/uploads/",
  "/v2/acme/edge/manifests/..",
  "/v2/acme/edge/manifests/../../../index.json",
  "/v2/acme/edge/blobs/../../index.json",
  "/v2/acme/edge/blobs/sha256:..%2F..%2Findex.json",
  "/v2/acme/edge/blobs/..%2F..%2Findex.json",
  "/v2/acme/edge/blobs/%2e%2e%2f%2e%2e%2findex.json",
  "/v2/acme/edge/blobs/%252e%252e%252findex.json",
  "/v2/acme/edge/blobs/uploads/..",
  "/v2/acme/edge/blobs/uploads/../../index.json",
  "/v2/acme/edge/blobs/uploads/..%2F..%2Findex.json",
  "/v2/acme/edge/blobs/uploads/%2e%2e",
  "/v2/acme%2f..%2f..%2fetc/tags/list",
  "/v2/acme/edge/referrers/..%2f..%2findex.json",
  "/v2//etc/passwd/tags/list",
  "/v2/\\..\\..\\etc\\passwd",
  "/v2/%5c..%5cetc/tags/list",
  "/v2/acme/edge/../../tags/list",
])("%s climbs nowhere, by any method", async (path) => {
  const registry = await runOpenRegistry()
  await registry.client.push("acme/edge", [blob], image, "1.2.3")
  const files = await registry.files()
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
    const request = `${headOf(method, path, CLOSE, "Content-Length: 1")}x`
    const { status, text } = await answerTo(registry.client.url, request)
    expect([400, 404, 405], `${method}: ${text}`).toContain(status)
    if (method !== "HEAD") expect(text).toMatch(/\{"errors":\[\{"code":"[A-Z_]+","message":/)
    expect(text).not.toMatch(/root:|schemaVersion/)
  }
  expect(await registry.files()).toEqual(files)
  expect(await registry.client.pullAll("acme/edge", "1.2.3")).toHaveLength(2)
})

test.each([
  ["what is no HTTP", "hello\r\n\r\n"],
  ["two lengths", headOf("PUT", "/v2/acme/edge/manifests/1", "Content-Length: 1", "Content-Length: 2")],
  ["a length below zero", headOf("PUT", "/v2/acme/edge/manifests/1", "Content-Length: -1")],
  ["a length that is a word", headOf("PATCH", "/v2/acme/edge/blobs/uploads/1", "Content-Length: all")],
  [
    "a length and chunks",
    headOf("PATCH", "/v2/acme/edge/blobs/uploads/1", "Content-Length: 3", "Transfer-Encoding: chunked"),
  ],
  ["a path with a blank", headOf("GET", "/v2/acme/ed ge/tags/list")],
  ["a method that is none", headOf("PUSH", "/v2/acme/edge/manifests/1")],
])("%s is refused on the wire", async (_, bytes) => {
  const registry = await runOpenRegistry()
  const before = await openFiles()
  expect((await answerTo(registry.client.url, bytes)).status).toBe(400)
  await untilLetGo(before)
  expect((await registry.client.ask("GET", "/v2/")).status).toBe(200)
})

test("a chunk that is none ends an upload's request; what came before is kept", async () => {
  const registry = await runOpenRegistry()
  const place = await registry.client.begin("acme/edge")
  const before = await openFiles()
  const request = `${headOf("PATCH", place, "Transfer-Encoding: chunked")}5\r\n01234\r\nxyz\r\n`
  expect((await answerTo(registry.client.url, request)).status).not.toBe(202)
  await untilLetGo(before)
  expect((await registry.client.get(place)).headers.get("range")).toMatch(/^0-[04]$/)
})

const anything = fc.string({ maxLength: 20, unit: "binary" })
const word = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("1.2.3", blob.digest, image.digest, `sha512:${"0".repeat(128)}`, "2"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("", "..", "sha256:", "%2e%2e%2f", "%00", "%ff", "%", "*", "-1", "a/b"),
  },
  { weight: 1, arbitrary: anything.map((text) => encodeURIComponent(text.toWellFormed())) },
)
const name = fc.oneof({ weight: 5, arbitrary: fc.constant("acme/edge") }, { weight: 1, arbitrary: word })
const query = fc.dictionary(
  fc.constantFrom("digest", "mount", "from", "n", "last", "tag", "artifactType", "digest-algorithm"),
  word,
  { maxKeys: 3 },
)
const path = fc
  .record({
    name,
    kind: fc.constantFrom("blobs", "manifests", "referrers", "tags", "blobs/uploads"),
    word,
    query,
  })
  .map(({ name, kind, word, query }) => {
    const last = kind === "tags" ? "list" : word
    const parameters = Object.entries(query).map(([key, value]) => `${key}=${value}`)
    return `/v2/${name}/${kind}/${last}?${parameters.join("&")}`.replaceAll(" ", "%20")
  })
const header = fc
  .tuple(
    fc.constantFrom(
      ...["Range", "Content-Range", "Content-Type", "If-None-Match", "If-Range", "Accept", "Cookie"],
      ...["Authorization", "Upgrade", "X-Forwarded-Proto"],
    ),
    fc.oneof(
      fc.constantFrom(
        "bytes=0-4",
        "bytes=-1",
        "bytes=9-",
        "0-4",
        "5",
        "*",
        image.mediaType,
        `"${blob.digest}"`,
      ),
      fc.string({ maxLength: 30 }),
    ),
  )
  .map(([name, value]) => `${name}: ${value}`)

test("whatever is asked, it is never the registry's fault", async () => {
  const registry = await runOpenRegistry({ idleTimeout: 50 })
  await registry.client.push("acme/edge", [blob], image, "1.2.3")
  const before = await openFiles()
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
  const headers = fc.array(header, { maxLength: 3 })
  const body = fc.oneof(fc.constantFrom(blob.bytes.toString(), image.bytes.toString(), "{"), anything)
  await fc.assert(
    fc.asyncProperty(method, path, headers, body, async (method, path, headers, body) => {
      const length = `Content-Length: ${Buffer.byteLength(body, "latin1")}`
      const head = headOf(method, path, CLOSE, length, ...headers)
      const { status, text } = await answerTo(registry.client.url, head + body)
      expect(status, text).toBeLessThan(500)
    }),
    { numRuns: 1000 },
  )
  await untilLetGo(before)
  for (const { failure } of registry.answered) {
    if (failure !== undefined) expect(failure).toBeInstanceOf(RegistryRefusal)
  }
})
