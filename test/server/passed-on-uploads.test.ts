import { randomBytes } from "node:crypto"
import { expect, onTestFinished, test } from "vitest"
import { newTokenSecret } from "../../src/fleet/secret.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { startServer } from "../../src/server/server.ts"
import { runRegistry } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"
import { Client } from "./registry/client.ts"

const LOGIN = { username: "server", password: "of the server alone" }
const bytes = randomBytes(5000)
const digest = digestOf(bytes)
const UPLOADS = "/v2/acme/edge/blobs/uploads/"

/** Two servers of one database, whose fleet keeps its images in a registry that takes their login alone. */
async function setUp() {
  const registry = await runRegistry({ auth: { kind: "basic", users: { [LOGIN.username]: LOGIN.password } } })
  const server = await runServer({ registry: async () => ({ credentials: { lookup: async () => LOGIN } }) })
  const { home } = server
  await home.fleets.createFleet({ slug: "acme/edge", registry: registry.host }, home.change())
  await home.fleets.createFleet({ slug: "acme/next", registry: registry.host }, home.change())
  await home.fleets.createFleet({ slug: "site/edge", registry: registry.host }, home.change())
  const second = await startServer({
    home,
    random: randomBytes,
    version: "0.0.0",
    listen: { host: "127.0.0.1", port: 0 },
  })
  onTestFinished(() => second.stop())
  const clientOf = async (role: "viewer" | "deployer", organization = "acme", url = server.url) => {
    const secret = newTokenSecret(randomBytes)
    await home.access.createToken({ name: role, organization, role, secret }, home.change())
    return new Client(url, `Bearer ${secret}`)
  }
  return {
    registry,
    home,
    clientOf,
    one: await clientOf("deployer"),
    other: await clientOf("deployer", "acme", second.url),
  }
}

test("an upload that is begun at one server is gone on with at another, and ends in the fleet's registry", async () => {
  const { registry, one, other } = await setUp()
  const location = await one.begin("acme/edge")
  expect(location).toMatch(/^\/v2\/acme\/edge\/blobs\/uploads\/[0-9a-f-]{36}$/)
  const first = await one.ask("PATCH", location, {
    body: bytes.subarray(0, 2000),
    headers: { "content-range": "0-1999" },
  })
  expect([first.status, first.headers.get("range")]).toEqual([202, "0-1999"])
  const state = await other.ask("GET", location)
  expect([state.status, state.headers.get("range")]).toEqual([204, "0-1999"])
  const gap = await other.ask("PATCH", location, {
    body: bytes.subarray(3000),
    headers: { "content-range": "3000-4999" },
  })
  expect([gap.status, gap.headers.get("range")]).toEqual([416, "0-1999"])
  const end = await other.ask("PUT", `${location}?digest=${digest}`, { body: bytes.subarray(2000) })
  expect(end.status).toBe(201)
  expect(registry.storage.hasBlob("acme/edge", digest)).toBe(true)
  expect((await one.ask("GET", location)).code).toBe("BLOB_UPLOAD_UNKNOWN")
  const found = await one.ask("HEAD", `/v2/acme/edge/blobs/${digest}`)
  expect([found.status, found.headers.get("content-length")]).toEqual([200, "5000"])
})

test("content with another digest is refused, and does not get there", async () => {
  const { registry, one } = await setUp()
  const wrong = await one.ask("PUT", `${await one.begin("acme/edge")}?digest=${digest}`, {
    body: bytes.subarray(1),
  })
  expect([wrong.status, wrong.code]).toEqual([400, "DIGEST_INVALID"])
  expect(registry.storage.hasBlob("acme/edge", digest)).toBe(false)
})

test("nothing but blobs of an import is passed on, and for nobody else", async () => {
  const { one, clientOf, registry } = await setUp()
  await one.pushBlob("acme/edge", bytes)
  const asked = registry.log.length
  for (const [method, path] of [
    ["GET", `/v2/acme/edge/blobs/${digest}`],
    ["DELETE", `/v2/acme/edge/blobs/${digest}`],
    ["GET", `/v2/acme/edge/manifests/${digest}`],
    ["GET", "/v2/acme/edge/tags/list"],
  ] as const) {
    const refused = await one.ask(method, path)
    expect([refused.status, refused.code], `${method} ${path}`).toEqual([404, "NAME_UNKNOWN"])
    expect(refused.text).toContain("keeps its images at")
  }
  expect((await (await clientOf("viewer")).ask("POST", UPLOADS)).status).toBe(404)
  expect(await (await clientOf("deployer", "site")).ask("POST", UPLOADS)).toMatchObject({
    status: 404,
    code: "NAME_UNKNOWN",
  })
  expect((await new Client(one.url).ask("POST", UPLOADS)).status).toBe(401)
  const location = await one.begin("acme/edge")
  const moved = await one.ask("GET", location.replace("acme/edge", "acme/next"))
  expect([moved.status, moved.code]).toEqual([404, "BLOB_UPLOAD_UNKNOWN"])
  expect(registry.log.length - asked).toBe(1)
})
