import { expect, test } from "vitest"
import { contentOf, indexOf, manifestOf } from "./images.ts"
import { runOpenRegistry } from "./open-registry.ts"

const IN = "/v2/acme/edge"

test("an image that an index names is not deleted before the index, and its own tags may be", async () => {
  const { client } = await runOpenRegistry()
  const config = contentOf("config")
  const image = manifestOf([config])
  const index = indexOf([image])
  await client.push("acme/edge", [config], image, "amd64")
  await client.pushManifest("acme/edge", index, "1.2.3")

  expect(await client.ask("DELETE", `${IN}/manifests/${image.digest}`)).toMatchObject({
    status: 403,
    code: "DENIED",
    text: expect.stringContaining(index.digest),
  })
  await client.get(`${IN}/manifests/amd64`)
  await client.get(`${IN}/manifests/amd64`, { method: "DELETE" })
  await client.get(`${IN}/manifests/${image.digest}`)
  for (const { digest } of [index, image]) {
    await client.get(`${IN}/manifests/${digest}`, { method: "DELETE" })
    expect((await client.ask("GET", `${IN}/manifests/${digest}`)).status).toBe(404)
  }
})

test("an index that names blobs, as those of build caches do, is taken when they are there", async () => {
  const { client } = await runOpenRegistry()
  const layer = contentOf("a cached layer", "application/vnd.oci.image.layer.v1.tar+gzip")
  const config = contentOf("what was built", "application/vnd.buildkit.cacheconfig.v0")
  const index = indexOf([layer, config])
  await client.pushBlob("acme/edge", layer.bytes)
  const put = { body: index.bytes, headers: { "content-type": index.mediaType } }
  expect(await client.ask("PUT", `${IN}/manifests/cache`, put)).toMatchObject({
    status: 404,
    code: "MANIFEST_BLOB_UNKNOWN",
    text: expect.stringContaining(config.digest),
  })
  await client.pushBlob("acme/edge", config.bytes)
  await client.pushManifest("acme/edge", index, "cache")
  expect((await client.get(`${IN}/manifests/cache`)).bytes).toEqual(index.bytes)
  expect((await client.ask("DELETE", `${IN}/blobs/${layer.digest}`)).code).toBe("DENIED")
})

test("lists answer HEAD as GET, without a body", async () => {
  const { client } = await runOpenRegistry()
  const image = manifestOf([contentOf("config")])
  await client.push("acme/edge", [contentOf("config")], image, "1.2.3")
  for (const path of [`${IN}/tags/list`, `${IN}/referrers/${image.digest}`, "/v2/_catalog"]) {
    const [head, get] = [await client.ask("HEAD", path), await client.get(path)]
    expect([head.status, head.bytes.length]).toEqual([200, 0])
    expect(head.headers.get("content-length")).toBe(String(get.bytes.length))
  }
})
