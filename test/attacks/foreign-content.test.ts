import { randomBytes } from "node:crypto"
import { beforeEach, expect, test } from "vitest"
import { printNewRelease } from "../../src/api/release.ts"
import { newTokenSecret } from "../../src/fleet/secret.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { collectStoreGarbage } from "../../src/operations/maintain-store.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { Client } from "../server/registry/client.ts"
import { type Content, contentOf, indexOf, manifestOf } from "../server/registry/images.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

let server: TestServer
let root: Client
/** May deploy in orga, and knows the digests of what orgb has. */
let attacker: Client

const layer = contentOf("a secret of orgb")
const config = contentOf({ os: "linux", architecture: "amd64" }, MediaType.ociConfig)
const image = manifestOf([config, layer])
const index = indexOf([image])

beforeEach(async () => {
  server = await runServer()
  const { fleets, access, change } = server.home
  root = new Client(server.url, `Bearer ${server.token}`)
  for (const slug of ["orga/alpha", "orgb/beta"] as const) await fleets.createFleet({ slug }, change())
  await root.push("orgb/beta", [config, layer], image)
  await root.pushManifest("orgb/beta", index, "1.0.0")
  const secret = newTokenSecret(randomBytes)
  await access.createToken({ name: "a", organization: "orga", role: "deployer", secret }, change())
  attacker = new Client(server.url, `Bearer ${secret}`)
})

/** Records a release of orga/alpha by the API. */
function record(index: Content, image: Content) {
  const release = sampleRelease("stolen", { index, services: [{ name: "web", ...image }] })
  return attacker.ask("POST", "/api/v1/fleets/orga/alpha/releases", {
    body: JSON.stringify(printNewRelease(release, { origin: "import" })),
    headers: { "content-type": "application/json" },
  })
}

/** What the attacker reads of orgb, by any way, now and after collections. */
async function stolen(secrets = [layer, config, image, index]): Promise<string[]> {
  const found: string[] = []
  for (const grace of [undefined, 0, -1]) {
    if (grace !== undefined) await collectStoreGarbage(server.home, { grace })
    for (const { digest } of secrets) {
      for (const kind of ["blobs", "manifests"]) {
        const { status } = await attacker.ask("GET", `/v2/orga/alpha/${kind}/${digest}`)
        if (status !== 404) found.push(`${kind} ${digest}: ${status}`)
      }
    }
  }
  return found
}

test("a deployer gets nothing of another organization by recording a release that names its digests", async () => {
  const own = contentOf("own", MediaType.ociConfig)
  const ownImage = manifestOf([own])
  await attacker.push("orga/alpha", [own], ownImage)
  const ownIndex = indexOf([ownImage])
  await attacker.pushManifest("orga/alpha", ownIndex, "own")
  for (const [named, service] of [
    [index, image],
    [ownIndex, image],
    [image, ownImage],
    [{ ...layer, mediaType: MediaType.ociIndex }, ownImage],
  ] as const) {
    const { status, text } = await record(named, service)
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 422, code: "CONTENT_MISSING" })
  }
  expect(await stolen()).toEqual([])
  expect(await server.home.fleets.listReleases("orga/alpha")).toEqual([])
})

test.each([
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
])("nor by pushing and recording an image that has it as a layer kept elsewhere: %s", async (mediaType) => {
  await attacker.pushBlob("orga/alpha", config.bytes)
  const naming = manifestOf([config, { ...layer, mediaType }])
  await attacker.pushManifest("orga/alpha", naming, "naming")
  const namingIndex = indexOf([naming])
  await attacker.pushManifest("orga/alpha", namingIndex, "1.0.0")
  expect((await record(namingIndex, naming)).status).toBe(422)
  // The configuration is the attacker's own: the very bytes were pushed.
  expect(await stolen([layer, image, index])).toEqual([])
})

test("nor by an index that has it as something else than a manifest", async () => {
  const naming = contentOf(
    {
      schemaVersion: 2,
      mediaType: MediaType.ociIndex,
      manifests: [{ mediaType: "application/octet-stream", digest: layer.digest, size: layer.size }],
    },
    MediaType.ociIndex,
  )
  const { status, code } = await attacker.ask("PUT", "/v2/orga/alpha/manifests/1.0.0", {
    body: naming.bytes,
    headers: { "content-type": MediaType.ociIndex },
  })
  expect({ status, code }).toEqual({ status: 404, code: "MANIFEST_BLOB_UNKNOWN" })
  expect(await stolen()).toEqual([])
})

test("nor by mounting from it, whether it says from where or not", async () => {
  for (const query of [`mount=${layer.digest}&from=orgb/beta`, `mount=${layer.digest}`]) {
    const { status } = await attacker.ask("POST", `/v2/orga/alpha/blobs/uploads/?${query}`)
    expect(status).toBe(202)
  }
  expect(await stolen()).toEqual([])
})

test("a release whose content is nowhere is not recorded, and stops no collection", async () => {
  const nothing = contentOf("nothing", MediaType.ociIndex)
  const { status, text } = await record(nothing, image)
  expect({ status, ...JSON.parse(text) }).toMatchObject({
    status: 422,
    code: "CONTENT_MISSING",
    detail: `${nothing.digest}, of ${nothing.size} bytes, is not in orga/alpha`,
    hint: expect.stringContaining("push it first"),
  })
  // As a home from before may hold one.
  const { home } = server
  await home.database.fleets.recordRelease("orga/alpha", sampleRelease("old"), home.change())
  for (const dryRun of [true, false]) {
    const { damaged } = await collectStoreGarbage(home, { grace: 0, dryRun })
    expect(damaged).toEqual([
      { name: "release 1.2.3 of orga/alpha", problem: expect.stringContaining("is not in") },
    ])
  }
  await root.pullAll("orgb/beta", "1.0.0")
})
