import { randomBytes } from "node:crypto"
import { beforeEach, expect, test } from "vitest"
import { newTokenSecret } from "../../../src/fleet/secret.ts"
import type { FleetSlug } from "../../../src/fleet/slug.ts"
import { sampleDevice } from "../../fleet/sample-device.ts"
import { sampleRelease } from "../../fleet/sample-release.ts"
import { runServer, type TestServer } from "../../support/running-server.ts"
import { Client } from "./client.ts"
import { type Content, contentOf, indexOf, manifestOf } from "./images.ts"

let server: TestServer
let root: Client
let deployer: Client

const shared = contentOf("layer of both releases")

/** A release of one service, and what belongs to it alone. */
function releaseOf(seed: string) {
  const blobs = [contentOf(`config of ${seed}`), contentOf(`layer of ${seed}`), shared]
  const image = manifestOf(blobs)
  return { blobs, image, index: indexOf([image]) }
}

const [before, now, foreign] = [releaseOf("before"), releaseOf("now"), releaseOf("foreign")]

beforeEach(async () => {
  server = await runServer()
  const { fleets, access, change } = server.home
  root = new Client(server.url, `Bearer ${server.token}`)
  for (const slug of ["acme/edge", "acme/beta", "site/edge"] as const) {
    await fleets.createFleet({ slug }, change())
  }
  const secret = newTokenSecret(randomBytes)
  const token = { name: "deployer", organization: "acme", role: "deployer", secret } as const
  await access.createToken(token, change())
  deployer = new Client(server.url, `Bearer ${secret}`)
})

async function record(slug: FleetSlug, seed: string, { blobs, image, index }: ReturnType<typeof releaseOf>) {
  const { fleets, change } = server.home
  await root.push(slug, blobs, image)
  await root.pushManifest(slug, index, seed)
  return (await fleets.recordRelease(slug, recordOf(seed, { image, index }), change())).release
}

/** What is recorded of a release whose content was pushed. */
function recordOf(seed: string, { image, index }: Pick<ReturnType<typeof releaseOf>, "image" | "index">) {
  return sampleRelease(seed, { index, services: [{ name: "web", ...image }] })
}

async function registerDevice(number: number, slug: FleetSlug): Promise<Client> {
  const { fleets, change } = server.home
  const device = sampleDevice(number)
  await fleets.registerDevice(slug, device, change())
  return new Client(server.url, `Bearer ${device.key}`)
}

const manifestPath = (slug: string, { digest }: Content) => `/v2/${slug}/manifests/${digest}`
const blobPath = (slug: string, { digest }: Content) => `/v2/${slug}/blobs/${digest}`

test("a device pulls what its target names, by digest and by tag, and nothing of another release", async () => {
  await record("acme/edge", "before", before)
  await record("acme/edge", "now", now)
  const device = await registerDevice(1, "acme/edge")
  const all = [now.index, now.image, ...now.blobs].map(({ digest }) => digest)
  expect(await device.pullAll("acme/edge", now.index.digest)).toEqual(all)
  expect(await device.pullAll("acme/edge", "now")).toEqual(all)
  expect((await device.ask("HEAD", blobPath("acme/edge", shared))).status).toBe(200)
  for (const path of [
    manifestPath("acme/edge", before.index),
    manifestPath("acme/edge", before.image),
    "/v2/acme/edge/manifests/before",
  ]) {
    expect(await device.ask("GET", path), path).toMatchObject({ status: 404, code: "MANIFEST_UNKNOWN" })
    expect((await device.ask("HEAD", path)).status, path).toBe(404)
  }
  for (const blob of before.blobs.slice(0, 2)) {
    const path = blobPath("acme/edge", blob)
    expect(await device.ask("GET", path)).toMatchObject({ status: 404, code: "BLOB_UNKNOWN" })
    expect((await device.ask("HEAD", path)).status).toBe(404)
  }
  const { bytes } = await device.get("/v2/_catalog")
  expect(JSON.parse(bytes.toString())).toEqual({ repositories: [] })
})

test("what a device may pull moves with its target, and ends with its fleet", async () => {
  const old = await record("acme/edge", "before", before)
  await record("acme/edge", "now", now)
  const device = await registerDevice(1, "acme/edge")
  const { fleets, change } = server.home
  await fleets.pinDevices([sampleDevice(1).uuid], old.id, change())
  expect(await device.pullAll("acme/edge", before.index.digest)).toHaveLength(5)
  expect((await device.ask("GET", manifestPath("acme/edge", now.index))).status).toBe(404)
  await fleets.moveDevices([sampleDevice(1).uuid], "acme/beta", change())
  expect(await device.ask("GET", manifestPath("acme/edge", before.index))).toMatchObject({
    status: 404,
    code: "NAME_UNKNOWN",
  })
})

test("a device without a target finds nothing", async () => {
  const device = await registerDevice(1, "acme/edge")
  await root.push("acme/edge", now.blobs, now.image, "now")
  for (const path of [manifestPath("acme/edge", now.image), blobPath("acme/edge", shared)]) {
    expect(await device.ask("GET", path)).toMatchObject({ status: 404, code: "NAME_UNKNOWN" })
  }
})

test("content that another repository has is out of reach for who knows its digest", async () => {
  await root.push("site/edge", foreign.blobs, foreign.image, "secret")
  const [, blob = shared] = foreign.blobs
  for (const client of [deployer, root]) {
    for (const method of ["GET", "HEAD"]) {
      expect((await client.ask(method, blobPath("acme/edge", blob))).status).toBe(404)
      expect((await client.ask(method, manifestPath("acme/edge", foreign.image))).status).toBe(404)
    }
    expect(await client.ask("GET", blobPath("acme/edge", blob))).toMatchObject({ code: "BLOB_UNKNOWN" })
    // Nor by naming it in a manifest.
    const pushed = await client.ask("PUT", "/v2/acme/edge/manifests/stolen", {
      body: foreign.image.bytes,
      headers: { "content-type": foreign.image.mediaType },
    })
    expect(pushed).toMatchObject({ status: 404, code: "MANIFEST_BLOB_UNKNOWN" })
  }
  for (const query of [
    "&from=site/edge",
    "&from=acme/beta",
    "&from=acme/edge",
    "",
    "&from=../../site/edge",
  ]) {
    const path = `/v2/acme/edge/blobs/uploads/?mount=${blob.digest}${query}`
    expect(await deployer.ask("POST", path), query).toMatchObject({ status: 202 })
    expect((await root.ask("GET", blobPath("acme/edge", blob))).status, query).toBe(404)
  }
  // A repository that the blob is not in is no source, whoever asks.
  const unrelated = `/v2/acme/edge/blobs/uploads/?mount=${blob.digest}&from=acme/beta`
  expect((await root.ask("POST", unrelated)).status).toBe(202)
})

test("a blob is mounted from where one may pull, also without saying from where", async () => {
  await root.push("acme/beta", now.blobs, now.image, "now")
  const [config = shared, layer = shared] = now.blobs
  for (const [blob, query] of [
    [config, "&from=acme/beta"],
    [layer, ""],
  ] as const) {
    const mounted = await deployer.ask("POST", `/v2/acme/edge/blobs/uploads/?mount=${blob.digest}${query}`)
    expect(mounted.status).toBe(201)
    const { bytes } = await deployer.get(mounted.headers.get("location") ?? "")
    expect(bytes).toEqual(blob.bytes)
  }
  // Each repository keeps its own: what one deletes stays in the other.
  await deployer.get(blobPath("acme/edge", layer), { method: "DELETE" })
  expect((await deployer.ask("GET", blobPath("acme/edge", layer))).status).toBe(404)
  expect(await deployer.pullAll("acme/beta", "now")).toHaveLength(4)
})

test("an upload is found in the repository that it was begun in, and in no other", async () => {
  const place = await root.begin("site/edge")
  const id = place.split("/").at(-1)
  for (const method of ["GET", "PATCH", "PUT", "DELETE"]) {
    const path = `/v2/acme/edge/blobs/uploads/${id}?digest=${shared.digest}`
    const body = method === "PATCH" || method === "PUT" ? { body: shared.bytes } : {}
    expect(await deployer.ask(method, path, body)).toMatchObject({ status: 404, code: "BLOB_UPLOAD_UNKNOWN" })
    expect(await deployer.ask(method, place, body)).toMatchObject({ status: 404, code: "NAME_UNKNOWN" })
  }
  expect((await root.ask("GET", place)).headers.get("range")).toBe("0-0")
})

test("what a release needs is not deleted, whatever a token may", async () => {
  await record("acme/edge", "now", now)
  for (const content of [now.index, now.image]) {
    expect(await root.ask("DELETE", manifestPath("acme/edge", content))).toMatchObject({
      status: 403,
      code: "DENIED",
    })
  }
  for (const blob of now.blobs) {
    expect(await root.ask("DELETE", blobPath("acme/edge", blob))).toMatchObject({
      status: 403,
      code: "DENIED",
    })
  }
  expect(await root.pullAll("acme/edge", "now")).toHaveLength(5)
})
