import { connect as connectSocket } from "node:net"
import { beforeEach, expect, test } from "vitest"
import { printNewRelease } from "../../src/api/release.ts"
import { collect } from "../../src/content/read-document.ts"
import type { Release } from "../../src/fleet/release.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleFailure, sampleRelease } from "../fleet/sample-release.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

let server: TestServer
let own: Release
let failed: Release
let invalidated: Release
let foreign: Release

beforeEach(async () => {
  server = await runServer()
  const { fleets, change } = server.home
  for (const slug of ["acme/edge", "site/edge"] as const)
    await fleets.createFleet({ slug, registry: "127.0.0.1:5000/site" }, change())
  own = (await fleets.recordRelease("acme/edge", sampleRelease("own"), change())).release
  failed = await fleets.recordUnsuccessfulRelease("acme/edge", sampleFailure("failed"), change())
  const { release: bad } = await fleets.recordRelease("acme/edge", sampleRelease("bad"), change())
  invalidated = (await fleets.invalidateRelease(bad.id, change())).release
  foreign = (await fleets.recordRelease("site/edge", sampleRelease("foreign"), change())).release
  await fleets.registerDevice("acme/edge", sampleDevice(1), change())
  await fleets.registerDevice("site/edge", sampleDevice(2), change())
})

/** All that a change could have changed. */
async function everything() {
  const { fleets, access } = server.home
  const slugs = ["acme/edge", "site/edge"] as const
  return {
    fleets: await fleets.listFleets(),
    devices: await fleets.listDevices(),
    // When it was last used changes by asking at all.
    tokens: (await access.listTokens(null)).map(({ lastUsedAt: _, ...token }) => token),
    releases: await Promise.all(slugs.map((slug) => fleets.listReleases(slug))),
    events: await Promise.all(slugs.map((slug) => fleets.listEvents(slug))),
  }
}

interface Request {
  method?: string
  path: string
  body?: string | Uint8Array | ReadableStream
  headers?: Record<string, string>
}

function ask({ method = "PUT", path, body, headers = {} }: Request): Promise<Response> {
  return fetch(`${server.url}/api/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body, duplex: "half" }),
  } as RequestInit)
}

const POLICY = "fleets/acme/edge/policy"
const pin = (release: unknown) => JSON.stringify({ policy: "pinned", release })
const NEW_RELEASE = () => printNewRelease(sampleRelease("new"), {})

const CASES: [what: string, status: number, code: string, request: () => Request][] = [
  ["JSON that breaks off", 400, "INVALID_REQUEST", () => ({ path: POLICY, body: '{"policy":' })],
  ["no JSON at all", 400, "INVALID_REQUEST", () => ({ path: POLICY, body: "policy=pinned" })],
  ["an empty body", 400, "INVALID_REQUEST", () => ({ path: POLICY, body: "" })],
  ["a list instead of an object", 400, "INVALID_REQUEST", () => ({ path: POLICY, body: "[]" })],
  ["null", 400, "INVALID_REQUEST", () => ({ path: POLICY, body: "null" })],
  [
    "bytes that are no UTF-8",
    400,
    "INVALID_REQUEST",
    () => ({ path: POLICY, body: Uint8Array.of(0xff, 0xfe) }),
  ],
  ["nesting without end", 400, "INVALID_REQUEST", () => ({ path: POLICY, body: "[".repeat(200_000) })],
  [
    "an unknown field",
    400,
    "INVALID_REQUEST",
    () => ({ path: POLICY, body: '{"policy":"track-latest","release":1}' }),
  ],
  ["an unknown policy", 400, "INVALID_REQUEST", () => ({ path: POLICY, body: '{"policy":"float"}' })],
  ["a pin to nothing", 400, "INVALID_REQUEST", () => ({ path: POLICY, body: '{"policy":"pinned"}' })],
  ...[0, -1, 1.5, 1e99, "1", null, true].map((id): (typeof CASES)[number] => [
    `the id ${JSON.stringify(id)} in a body`,
    400,
    "INVALID_REQUEST",
    () => ({ path: POLICY, body: pin(id) }),
  ]),
  ...["0", "-1", "1.5", "1e99", "x", "%00", "1%2F2", "99999999999999999999"].map(
    (id): (typeof CASES)[number] => [
      `the id ${id} in a path`,
      400,
      "INVALID_REQUEST",
      () => ({ method: "GET", path: `releases/${id}` }),
    ],
  ),
  ...[
    "{}",
    '{"isPublic":1}',
    '{"isPublic":"true"}',
    '{"isPublic":null}',
    '{"isPublic":true,"slug":"acme/x"}',
  ].map((body): (typeof CASES)[number] => [
    `the change ${body} of a fleet`,
    400,
    "INVALID_REQUEST",
    () => ({ method: "PATCH", path: "fleets/acme/edge", body }),
  ]),
  [
    "a change of a fleet as a form",
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    () => ({
      method: "PATCH",
      path: "fleets/acme/edge",
      body: '{"isPublic":true}',
      headers: { "content-type": "text/plain" },
    }),
  ],
  [
    "a change of a fleet that is not there",
    404,
    "FLEET_NOT_FOUND",
    () => ({ method: "PATCH", path: "fleets/acme/none", body: '{"isPublic":true}' }),
  ],
  [
    "a new fleet that is public in a word",
    400,
    "INVALID_REQUEST",
    () => ({ method: "POST", path: "fleets", body: '{"slug":"acme/open","isPublic":"yes"}' }),
  ],
  ["a release that never was", 404, "RELEASE_NOT_FOUND", () => ({ path: POLICY, body: pin(4711) })],
  ["a pin to a failed build", 422, "RELEASE_NOT_SUCCESSFUL", () => ({ path: POLICY, body: pin(failed.id) })],
  [
    "a pin to an invalidated one",
    422,
    "RELEASE_INVALIDATED",
    () => ({ path: POLICY, body: pin(invalidated.id) }),
  ],
  ["a pin to a foreign one", 422, "RELEASE_OF_OTHER_FLEET", () => ({ path: POLICY, body: pin(foreign.id) })],
  [
    "devices of which one is not there",
    404,
    "DEVICE_NOT_FOUND",
    () => ({
      path: "devices/policy",
      body: JSON.stringify({ uuids: [uuidOf(1), uuidOf(9)], policy: "pinned", release: own.id }),
    }),
  ],
  [
    "devices of which one is of another fleet",
    422,
    "RELEASE_OF_OTHER_FLEET",
    () => ({
      path: "devices/policy",
      body: JSON.stringify({ uuids: [uuidOf(1), uuidOf(2)], policy: "pinned", release: own.id }),
    }),
  ],
  [
    "more devices than one request changes",
    400,
    "INVALID_REQUEST",
    () => ({
      path: "devices/policy",
      body: JSON.stringify({ uuids: Array(1001).fill(uuidOf(1)), policy: "track-fleet" }),
    }),
  ],
  ["a uuid that is none", 422, "INVALID_DEVICE", () => ({ method: "GET", path: "devices/zzz" })],
  ["a fleet that cannot be", 422, "INVALID_SLUG", () => ({ method: "GET", path: "fleets/a%20b/edge" })],
  ["a path that climbs", 422, "INVALID_SLUG", () => ({ method: "GET", path: "fleets/..%2F..%2Fetc/passwd" })],
  [
    "a fleet named with NUL",
    422,
    "INVALID_SLUG",
    () => ({ method: "POST", path: "fleets", body: '{"slug":"acme/ed\\u0000ge"}' }),
  ],
  [
    "half a surrogate pair in a note",
    422,
    "INVALID_RELEASE",
    () => ({
      method: "POST",
      path: "fleets/acme/edge/releases",
      body: JSON.stringify({ ...NEW_RELEASE(), note: "\ud800" }),
    }),
  ],
  ...(["composition", "contract"] as const).map((field): (typeof CASES)[number] => [
    `a ${field} nested so deeply that no answer could hold it`,
    422,
    "INVALID_RELEASE",
    () => ({
      method: "POST",
      path: "fleets/acme/edge/releases",
      body: JSON.stringify({ ...NEW_RELEASE(), [field]: "deep" }).replace(
        '"deep"',
        `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`,
      ),
    }),
  ]),
  [
    "a version that is none",
    422,
    "INVALID_VERSION",
    () => ({
      method: "POST",
      path: "fleets/acme/edge/releases",
      body: JSON.stringify({ ...NEW_RELEASE(), version: "1.2" }),
    }),
  ],
  [
    "an image without a digest",
    400,
    "INVALID_REQUEST",
    () => ({
      method: "POST",
      path: "fleets/acme/edge/releases",
      body: JSON.stringify({
        ...NEW_RELEASE(),
        services: [{ name: "web", mediaType: "x", size: 1, digest: "latest" }],
      }),
    }),
  ],
  [
    "a role that is none",
    400,
    "INVALID_REQUEST",
    () => ({
      method: "POST",
      path: "tokens",
      body: '{"name":"x","organization":"acme","role":"god"}',
    }),
  ],
  [
    "a key that could be guessed",
    422,
    "INVALID_DEVICE",
    () => ({
      method: "POST",
      path: "devices",
      body: '{"fleet":"acme/edge","key":"1234"}',
    }),
  ],
  ["a limit of 0", 400, "INVALID_REQUEST", () => ({ method: "GET", path: "devices?limit=0" })],
  ["a limit beyond all", 400, "INVALID_REQUEST", () => ({ method: "GET", path: "devices?limit=100000" })],
  ["a limit that is a word", 400, "INVALID_REQUEST", () => ({ method: "GET", path: "devices?limit=all" })],
  ["a cursor made up", 400, "INVALID_REQUEST", () => ({ method: "GET", path: "devices?cursor=made-up" })],
  [
    "the cursor of another list",
    400,
    "INVALID_REQUEST",
    () => ({ method: "GET", path: "devices?cursor=ImEvYiI" }),
  ],
  [
    "an unknown question",
    400,
    "INVALID_REQUEST",
    () => ({ method: "GET", path: "devices?fleets=acme/edge" }),
  ],
  [
    "text instead of JSON",
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    () => ({
      path: POLICY,
      body: pin(1),
      headers: { "content-type": "text/plain" },
    }),
  ],
  [
    "a form",
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    () => ({
      path: POLICY,
      body: "policy=track-latest",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    }),
  ],
  ["a body over 5 MiB", 413, "BODY_TOO_LARGE", () => ({ path: POLICY, body: "x".repeat(6 << 20) })],
  [
    "one that does not say how long it is",
    413,
    "BODY_TOO_LARGE",
    () => ({
      path: POLICY,
      body: new Blob(["x".repeat(6 << 20)]).stream(),
    }),
  ],
  [
    "an idempotency key beyond all",
    400,
    "INVALID_REQUEST",
    () => ({
      method: "POST",
      path: "fleets/acme/edge/releases",
      body: JSON.stringify(NEW_RELEASE()),
      headers: { "idempotency-key": "k".repeat(256) },
    }),
  ],
  ["a wrong method", 405, "METHOD_NOT_ALLOWED", () => ({ method: "PATCH", path: POLICY, body: "{}" })],
  ["a path that is none", 404, "NOT_FOUND", () => ({ method: "GET", path: "secrets" })],
]

test.each(CASES)("%s: status %i, %s, and nothing has changed", async (_, status, code, request) => {
  const before = await everything()
  const answer = await ask(request())
  const text = await answer.text()
  expect({ status: answer.status, text }).toMatchObject({ status })
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
  expect(JSON.parse(text)).toMatchObject({
    status,
    code,
    title: expect.any(String),
    detail: expect.any(String),
  })
  expect(text).not.toMatch(/node_modules|\.ts:|\/tmp\/|sqlite/i)
  expect(await everything()).toEqual(before)
  expect(server.lines.filter(({ level }) => level === "error")).toEqual([])
})

test("headers beyond all are refused, and the server goes on", async () => {
  const answer = await ask({ method: "GET", path: "fleets", headers: { "x-long": "x".repeat(20_000) } })
  expect(answer.status).toBe(431)
  expect((await ask({ method: "GET", path: "fleets" })).status).toBe(200)
})

test.each([
  ["what is no HTTP", "hello\r\n\r\n"],
  [
    "two lengths",
    "PUT /api/v1/devices/policy HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
  ],
  [
    "a length and chunks",
    "POST /api/v1/fleets HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a request without a host", "GET /api/v1/fleets HTTP/1.1\r\n\r\n"],
])("%s is refused on the wire", async (_, bytes) => {
  const { hostname, port } = new URL(server.url)
  const socket = connectSocket(Number(port), hostname)
  socket.write(bytes)
  expect(Buffer.from(await collect(socket)).toString()).toMatch(/^HTTP\/1\.1 400 /)
  expect((await ask({ method: "GET", path: "fleets" })).status).toBe(200)
})
