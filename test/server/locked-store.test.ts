import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { expect, test } from "vitest"
import { lockElsewhere } from "../database/lock-holder.ts"
import { runServer, type TestServer } from "../support/running-server.ts"
import { Client } from "./registry/client.ts"
import { contentOf, manifestOf } from "./registry/images.ts"

const catalogOf = (server: TestServer) => join(server.homePath, "store", "catalog.sqlite")
const config = contentOf({ os: "linux", architecture: "amd64" })
const image = manifestOf([config])

/** A server with one image in a fleet of its own. */
async function serverWithImage(lockTimeout: number) {
  const server = await runServer({ lockTimeout })
  await server.home.fleets.createFleet({ slug: "acme/edge" }, server.home.change())
  const client = new Client(server.url, `Bearer ${server.token}`)
  await client.push("acme/edge", [config], image)
  return { server, client }
}

test("while another process holds the catalog, a push waits, all else is answered, and the push is done then", async () => {
  const { server, client } = await serverWithImage(100_000)
  const holder = await lockElsewhere(catalogOf(server))
  let pushed = false
  const pushing = client.pushBlob("acme/edge", randomBytes(1000)).finally(() => {
    pushed = true
  })
  for (let round = 0; round < 50; round++) {
    expect((await client.ask("GET", "/healthz")).status).toBe(200)
    expect((await client.ask("GET", `/v2/acme/edge/manifests/${image.digest}`)).status).toBe(200)
  }
  await setImmediate()
  expect(pushed).toBe(false)
  await holder.letGo()
  await pushing
})

test("a push that waits for too long is answered with 503, and when to try again", async () => {
  const { server, client } = await serverWithImage(100)
  const holder = await lockElsewhere(catalogOf(server))
  const other = manifestOf([config], { annotations: { other: "one" } })
  const answer = await client.ask("PUT", "/v2/acme/edge/manifests/1.0.0", {
    body: other.bytes,
    headers: { "content-type": other.mediaType },
  })
  expect(answer).toMatchObject({ status: 503, code: "UNAVAILABLE" })
  expect(answer.text).toContain("another process works in the registry's content store: try again")
  expect(answer.headers.get("retry-after")).toBe("5")
  await holder.letGo()
  await client.pushManifest("acme/edge", other, "1.0.0")
})
