import { randomBytes } from "node:crypto"
import fc from "fast-check"
import { expect, test } from "vitest"
import { newTokenSecret } from "../../src/fleet/secret.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { Client } from "../server/registry/client.ts"
import { contentOf, manifestOf } from "../server/registry/images.ts"
import { answerTo, connectTo } from "../server/registry/raw.ts"
import { runServer } from "../support/running-server.ts"
import { seededRandom } from "../support/seed.ts"

const RUNS = 1500

const blobs = [contentOf("config"), contentOf("layer")]
const image = manifestOf(blobs)

async function makeWorld() {
  const server = await runServer({ limits: { body: 2000, idle: 2000, head: 2000 } })
  const { fleets, access, change } = server.home
  await fleets.createFleet({ slug: "acme/edge" }, change())
  await fleets.createFleet({ slug: "acme/away", registry: "registry.example" }, change())
  await new Client(server.url, `Bearer ${server.token}`).push("acme/edge", blobs, image, "1")
  await fleets.recordRelease("acme/away", sampleRelease("a"), change())
  await fleets.registerDevice("acme/away", sampleDevice(1), change())
  const secret = newTokenSecret(randomBytes)
  await access.createToken({ name: "x", organization: "acme", role: "admin", secret }, change())
  return { server, secrets: [server.token, secret, sampleDevice(1).key] }
}

const hostile = [
  "%00",
  "%2e%2e",
  "..",
  "%2F",
  "%",
  "\u00ff",
  "a".repeat(3000),
  "*",
  "__proto__",
  "constructor",
  "-1",
  "1e9",
  "sha256:",
  "null",
]
const words = [
  ...hostile,
  ..."api v1 v2 fleets releases devices tokens principal metrics healthz acme edge away policy fleet target current".split(
    " ",
  ),
  ..."manifests blobs uploads tags list referrers registry token openapi.json latest history 1 2".split(" "),
  uuidOf(1),
  image.digest,
  blobs[1]?.digest ?? "",
]
const word = fc.constantFrom(...words)

/** Mostly what there is, with something in it that should not be. */
const path = fc.oneof(
  fc.array(word, { maxLength: 8 }).map((parts) => `/${parts.join("/")}`),
  fc
    .tuple(
      fc.constantFrom(
        ["api", "v1", "fleets", "acme", "away"],
        ["api", "v1", "fleets", "acme", "away", "policy"],
        ["api", "v1", "fleets", "acme", "away", "releases"],
        ["api", "v1", "releases", "1"],
        ["api", "v1", "devices"],
        ["api", "v1", "devices", uuidOf(1), "target"],
        ["api", "v1", "devices", uuidOf(1), "current"],
        ["api", "v1", "devices", "policy"],
        ["api", "v1", "tokens"],
        ["api", "v1", "registry", "token"],
        ["v2", "acme", "edge", "manifests", "1"],
        ["v2", "acme", "edge", "blobs", image.digest],
        ["v2", "acme", "edge", "blobs", "uploads", "x"],
        ["v2", "acme", "edge", "tags", "list"],
        ["v2", "acme", "edge", "referrers", image.digest],
      ),
      fc.nat(8),
      fc.option(word),
    )
    .map(
      ([parts, at, other]) =>
        `/${parts.map((part, i) => (i === at && other !== null ? other : part)).join("/")}`,
    ),
)

const query = fc.dictionary(
  fc.constantFrom(
    "limit",
    "cursor",
    "n",
    "last",
    "digest",
    "mount",
    "from",
    "tag",
    "uuid",
    "organization",
    "format",
    "scope",
    "x",
  ),
  word,
  { maxKeys: 3 },
)

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.record(
    {
      fleet: fc.constantFrom("acme/edge", "acme/away", "x", "a/b/c"),
      uuid: fc.oneof(word, fc.constant(uuidOf(2))),
      uuids: fc.array(word, { maxLength: 3 }),
      policy: fc.constantFrom("pinned", "track-latest", "track-fleet", "x"),
      release: fc.oneof(fc.integer(), fc.constant("1")),
      commit: fc.oneof(word, fc.constant(null), fc.constant(sampleRelease("a").commit)),
      slug: word,
      isPublic: fc.boolean(),
      name: fc.string({ unit: "binary" }),
      organization: fc.oneof(word, fc.constant(null)),
      role: fc.constantFrom("viewer", "admin", "god"),
      schemaVersion: fc.constantFrom(1, 2),
      layers: fc.array(fc.record({ digest: word, size: fc.integer(), mediaType: word }), { maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
)

const header = fc.constantFrom(
  "If-Match: *",
  'If-None-Match: "x"',
  "If-Match: ,,,",
  "Range: bytes=5-1",
  "Range: bytes=-999999999999999999999",
  "Content-Range: 9-1",
  "Idempotency-Key: \u00e9",
  "Content-Type: text/plain",
  "Content-Type: application/vnd.oci.image.manifest.v1+json",
  "X-Forwarded-Proto: javascript",
  "Expect: 100-continue",
  "Accept: */*;q=x",
  `X-Long: ${"x".repeat(7000)}`,
)

const request = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"),
  path,
  query,
  headers: fc.uniqueArray(header, { maxLength: 3 }),
  body: fc.option(
    fc.oneof(
      value.map((one) => JSON.stringify(one)),
      fc.string({ unit: "binary" }),
      word,
    ),
  ),
  framing: fc.constantFrom("length", "length", "chunked", "short"),
  who: fc.nat(4),
})

test("no request makes the server fail", async () => {
  const seed = Math.floor(seededRandom("random requests")() * 2 ** 31)
  const { server, secrets } = await makeWorld()
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, headers, body, framing, who }) => {
      const known = server.lines.length
      const target = `${path}?${new URLSearchParams(query)}`.replaceAll(
        /[\s\u0080-\uffff]/gu,
        encodeURIComponent,
      )
      const secret = secrets[who]
      const bytes = Buffer.from(body ?? "")
      const lines = [
        `${method} ${target} HTTP/1.1`,
        `Host: ${new URL(server.url).host}`,
        "Connection: close",
        ...(secret === undefined ? [] : [`Authorization: Bearer ${secret}`]),
        ...(body === null || headers.some((line) => line.startsWith("Content-Type"))
          ? []
          : ["Content-Type: application/json"]),
        ...headers.map((line) => Buffer.from(line).toString("latin1")),
      ]
      if (body !== null && framing !== "chunked") {
        lines.push(`Content-Length: ${bytes.length + (framing === "short" ? 1 : 0)}`)
      }
      if (body !== null && framing === "chunked") lines.push("Transfer-Encoding: chunked")
      const chunk = `${bytes.length.toString(16)}\r\n${bytes.toString("latin1")}\r\n0\r\n\r\n`
      const content = body === null ? "" : framing === "chunked" ? chunk : bytes.toString("latin1")
      const sent = `${lines.join("\r\n")}\r\n\r\n${content}`
      const answer = await (framing === "short" && body !== null
        ? cutShort(server.url, sent)
        : answerTo(server.url, sent))
      expect(answer.status, `${sent.slice(0, 500)}\n→ ${answer.text.slice(0, 500)}`).toBeLessThan(500)
      const failed = server.lines.slice(known).filter(({ level }) => level === "error")
      expect(failed, sent.slice(0, 500)).toEqual([])
      for (const one of secrets) expect(answer.text).not.toContain(one)
    }),
    { seed, numRuns: RUNS },
  )
  const log = JSON.stringify(server.lines)
  for (const secret of secrets) expect(log).not.toContain(secret)
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
})

/** Breaks off before all that was promised has come. */
async function cutShort(url: string, text: string): Promise<{ status: number; text: string }> {
  const socket = await connectTo(url)
  await new Promise((resolve) => socket.write(Buffer.from(text, "latin1"), resolve))
  socket.end()
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    socket.on("data", (part) => parts.push(part))
    socket.once("close", () => {
      const answer = Buffer.concat(parts).toString()
      resolve({ status: Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(answer)?.[1] ?? 0), text: answer })
    })
  })
}
