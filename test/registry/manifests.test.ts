import { afterEach, describe, expect, test } from "vitest"
import { copyGraph } from "../../src/content/copy.ts"
import { loadGraph } from "../../src/content/graph.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { blob, content, index, makeClient, manifest, pushImage, read } from "../support/registry/content.ts"
import { type FaultRule, startFaultProxy } from "../support/registry/fault-proxy.ts"
import { startServer } from "../support/registry/http-server.ts"
import { startRegistry, type TestRegistryOptions } from "../support/registry/test-registry.ts"

const layer = blob(100_000)
const config = blob(100, 2)
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function setUp(rules: FaultRule[] = [], options: TestRegistryOptions = {}) {
  const registry = await startRegistry(options)
  const proxy = await startFaultProxy(registry.host, rules)
  const client = makeClient({ timeouts: { body: 400, answer: 1000, upload: 1000 } })
  cleanups.push(registry.close, proxy.close, () => client.close())
  return { registry, proxy, client, repository: client.repository(proxy.host, "acme/edge") }
}

/** A server that answers everything alike. */
async function serving(status: number, headers: Record<string, string>, body: string | Buffer) {
  const server = await startServer(async (_, response) => {
    response.writeHead(status, headers).end(body)
  })
  const client = makeClient()
  cleanups.push(server.close, () => client.close())
  return client.repository(server.host, "acme/edge")
}

describe("resolving an image", () => {
  test("gives type, digest and size, by tag and by digest", async () => {
    const { repository } = await setUp()
    const image = await pushImage(repository, [config, layer], "v1")
    expect(await repository.resolve("v1")).toEqual(image.descriptor)
    expect(await repository.resolve(image.descriptor.digest)).toEqual(image.descriptor)
  })

  test("names what is not there", async () => {
    const { repository, proxy } = await setUp()
    await expect(repository.resolve("v9")).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
      message: `${proxy.host}/acme/edge:v9 is not there`,
    })
    await expect(repository.resolve(layer.descriptor.digest)).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
    })
    await expect(repository.resolve("../../v2/other")).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
  })

  test("finds out the type where the registry does not say it", async () => {
    const bare = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }))
    const repository = await serving(200, { "content-type": "application/json; charset=utf-8" }, bare)
    expect(await repository.resolve("v1")).toEqual({
      mediaType: MediaType.ociIndex,
      digest: digestOf(bare),
      size: bare.length,
    })
  })

  test("does not believe the digest that a header states", async () => {
    const { bytes, descriptor } = manifest([config, layer])
    const header = { "content-type": descriptor.mediaType, "docker-content-digest": layer.descriptor.digest }
    const repository = await serving(200, header, bytes)
    await expect(repository.resolve("v1")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" })
    await expect(repository.resolve(layer.descriptor.digest)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    })
  })

  test("notices a byte that changed on the way, by tag and by digest", async () => {
    const { repository } = await setUp([
      { on: /^GET .*manifests/, times: 3, fault: { kind: "flip", at: 40 } },
    ])
    const image = manifest([config, layer])
    for (const { descriptor, body } of [config, layer, image]) await repository.push(descriptor, body)
    const changed = { code: "DIGEST_MISMATCH" }
    await expect(repository.tag(image.descriptor, "v1")).rejects.toMatchObject(changed)
    await expect(repository.resolve(image.descriptor.digest)).rejects.toMatchObject(changed)
  })

  test.each([
    [MediaType.dockerSchema1Signed, '{"schemaVersion":1}', "UNSUPPORTED_MEDIA_TYPE"],
    ["application/json", '{"schemaVersion":1,"fsLayers":[]}', "UNSUPPORTED_MEDIA_TYPE"],
    ["text/html", "<html>not a registry</html>", "UNSUPPORTED_MEDIA_TYPE"],
    [MediaType.ociManifest, "not json", "INVALID_DOCUMENT"],
    [MediaType.ociManifest, "x".repeat(4 * 1024 * 1024 + 1), "DOCUMENT_TOO_LARGE"],
  ])("refuses %s that is %.20s", async (type, body, code) => {
    const repository = await serving(200, { "content-type": type }, body)
    await expect(repository.resolve("v1")).rejects.toMatchObject({ code })
  })
})

describe("pushing manifests and tags", () => {
  test("stores the exact bytes under their digest with their type, then the tag", async () => {
    const { repository, registry } = await setUp()
    const image = await pushImage(repository, [config, layer], "v1")
    const puts = registry.requests(/^PUT .*manifests/)
    expect(puts.map(({ url }) => url.split("/").at(-1))).toEqual([image.descriptor.digest, "v1"])
    expect(puts.map(({ headers }) => headers["content-type"])).toEqual([
      MediaType.ociManifest,
      MediaType.ociManifest,
    ])
    expect((await read(repository.fetch(image.descriptor))).equals(image.bytes)).toBe(true)
  })

  test("sends nothing that does not have the digest it should", async () => {
    const { repository, registry } = await setUp()
    const image = manifest([config, layer])
    const other = manifest([layer, config])
    await expect(repository.push(image.descriptor, other.body)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    })
    await expect(repository.push(image.descriptor, layer.body)).rejects.toMatchObject({
      code: "SIZE_MISMATCH",
    })
    expect(registry.log).toEqual([])
  })

  test("says which code the registry gave for a blob that it does not have", async () => {
    const { repository } = await setUp()
    const image = manifest([config, layer])
    await expect(repository.push(image.descriptor, image.body)).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
      status: 400,
      method: "PUT",
    })
  })

  test("takes a tag that may not be changed, if it points there already", async () => {
    const { repository } = await setUp([], { immutableTags: true })
    const image = await pushImage(repository, [config, layer], "v1")
    await repository.tag(image.descriptor, "v1")
    const other = await pushImage(repository, [config, blob(5)])
    await expect(repository.tag(other.descriptor, "v1")).rejects.toMatchObject({ code: "TAG_INVALID" })
    expect(await repository.resolve("v1")).toEqual(image.descriptor)
  })

  test("does not tag what is not there", async () => {
    const { repository } = await setUp()
    await expect(repository.tag(manifest([config]).descriptor, "v1")).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
    })
  })

  test("gets over a 500, a 429 and a lost answer", async () => {
    const { repository, client } = await setUp([
      { on: /^PUT .*manifests/, fault: { kind: "answer", status: 500 } },
      { on: /^PUT .*manifests/, fault: { kind: "drop answer" } },
      { on: /^PUT .*manifests/, fault: { kind: "answer", status: 429, headers: { "retry-after": "9" } } },
    ])
    const image = await pushImage(repository, [config, layer], "v1")
    expect(await repository.resolve("v1")).toEqual(image.descriptor)
    expect(client.clock.waits).toContain(9000)
  })
})

describe("asking whether content is there", () => {
  test("is answered for blobs and manifests", async () => {
    const { repository } = await setUp()
    expect(await repository.exists(layer.descriptor)).toBe(false)
    const image = await pushImage(repository, [config, layer])
    expect(await repository.exists(layer.descriptor)).toBe(true)
    expect(await repository.exists(image.descriptor)).toBe(true)
  })

  test("asks again by GET where the registry has no HEAD", async () => {
    const { repository, registry } = await setUp([
      { on: /^HEAD/, times: 9, fault: { kind: "answer", status: 405 } },
    ])
    expect(await repository.exists(layer.descriptor)).toBe(false)
    await repository.push(layer.descriptor, layer.body)
    expect(await repository.exists(layer.descriptor)).toBe(true)
    expect(registry.requests(/^GET/)).toHaveLength(2)
  })

  test("does not take content of another length for it", async () => {
    const { repository } = await setUp()
    await repository.push(layer.descriptor, layer.body)
    expect(await repository.exists({ ...layer.descriptor, size: 1 })).toBe(false)
  })
})

describe("copying an image to a registry", () => {
  test("sends the blob after all, when the registry first said that it had it", async () => {
    const source = await setUp()
    const image = await pushImage(source.repository, [config, layer], "v1")
    const target = await setUp([{ on: /^HEAD .*blobs/, times: 2, fault: { kind: "report present" } }])
    const graph = await loadGraph(source.repository, image.descriptor)
    await copyGraph(source.repository, graph, target.repository)
    expect(await target.repository.resolve(image.descriptor.digest)).toEqual(image.descriptor)
    expect((await read(target.repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
  })

  test("sends no blob the second time", async () => {
    const source = await setUp()
    const target = await setUp()
    const image = await pushImage(source.repository, [config, layer])
    const list = index([image])
    await source.repository.push(list.descriptor, list.body)
    const graph = await loadGraph(source.repository, list.descriptor)
    await copyGraph(source.repository, graph, target.repository)
    target.registry.log.length = 0
    await copyGraph(source.repository, graph, target.repository)
    expect(new Set(target.registry.log.map(({ method }) => method))).toEqual(new Set(["HEAD"]))
  })
})

describe("listing tags", () => {
  test("follows the registry from page to page", async () => {
    const { repository } = await setUp([], { pageSize: 3 })
    const image = await pushImage(repository, [config, layer])
    const tags = ["a", "b", "c", "d", "e", "f", "g"]
    for (const tag of tags) await repository.tag(image.descriptor, tag)
    expect(await Array.fromAsync(repository.tags())).toEqual(tags)
  })

  test("of a repository that is not there gives none", async () => {
    const repository = await serving(404, {}, "")
    expect(await Array.fromAsync(repository.tags())).toEqual([])
    const empty = await serving(200, {}, '{"name":"acme/edge","tags":null}')
    expect(await Array.fromAsync(empty.tags())).toEqual([])
  })

  test.each([
    ['</v2/acme/edge/tags/list?n=1>; rel="next"'],
    ['<https://elsewhere.example/v2/tags>; rel="next"'],
    ['<http://elsewhere.example/v2/tags>; rel="next"'],
  ])("does not go round or elsewhere: %s", async (link) => {
    const repository = await serving(200, { link }, '{"tags":["a"]}')
    await expect(Array.fromAsync(repository.tags())).rejects.toMatchObject({
      code: expect.stringMatching(/^(INVALID_RESPONSE|INSECURE_LOCATION)$/),
    })
  })
})

describe("listing referrers", () => {
  const signature = (subject: object, artifactType: string) =>
    manifest([config], { subject, artifactType, mediaType: MediaType.ociManifest })

  test("gives those of one type or of all", async () => {
    const { repository } = await setUp()
    const image = await pushImage(repository, [config, layer])
    for (const type of ["application/a", "application/b"]) {
      const { descriptor, body } = signature(image.descriptor, type)
      await repository.push(descriptor, body)
    }
    const all = await repository.referrers(image.descriptor)
    expect(all.map(({ artifactType }) => artifactType)).toEqual(["application/a", "application/b"])
    expect(await repository.referrers(image.descriptor, "application/b")).toMatchObject([
      { artifactType: "application/b" },
    ])
    expect(await repository.referrers(layer.descriptor)).toEqual([])
  })

  test("reads the referrers tag where the registry does not know the API", async () => {
    const { repository } = await setUp([], { referrersApi: false })
    const image = await pushImage(repository, [config, layer])
    expect(await repository.referrers(image.descriptor)).toEqual([])
    const entry = signature(image.descriptor, "application/a")
    await repository.push(entry.descriptor, entry.body)
    const list = content(
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MediaType.ociIndex,
          manifests: [{ ...entry.descriptor, artifactType: "application/a" }],
        }),
      ),
      MediaType.ociIndex,
    )
    await repository.push(list.descriptor, list.body)
    await repository.tag(list.descriptor, image.descriptor.digest.replace(":", "-"))
    expect(await repository.referrers(image.descriptor, "application/a")).toMatchObject([entry.descriptor])
    expect(await repository.referrers(image.descriptor, "application/b")).toEqual([])
  })
})

describe("what a registry says of an error", () => {
  test.each([
    [
      404,
      '{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}',
      "NAME_UNKNOWN",
      "no such repository",
    ],
    [
      400,
      '{"errors":[{"code":"SOMETHING_NEW","message":"strange"}]}',
      "REQUEST_REFUSED",
      "SOMETHING_NEW strange",
    ],
    [403, "<html><h1>Forbidden</h1></html>", "DENIED", "HTTP 403"],
    [401, "", "UNAUTHORIZED", "HTTP 401"],
    [418, '{"errors":"what"}', "REQUEST_REFUSED", "HTTP 418"],
    [302, "", "INVALID_RESPONSE", "HTTP 302"],
    [
      400,
      '{"errors":[{"code":"MANIFEST_INVALID","message":"a"},{"code":"MANIFEST_BLOB_UNKNOWN","message":"b"}]}',
      "MANIFEST_BLOB_UNKNOWN",
      "b",
    ],
    [
      400,
      `{"errors":[{"code":"DENIED","message":"\\u001b[2Jlong ${"x".repeat(9000)}"}]}`,
      "DENIED",
      "[2Jlong xxx",
    ],
    [400, "y".repeat(1_000_000), "REQUEST_REFUSED", "HTTP 400"],
  ])("%d %.60s", async (status, body, code, said) => {
    const repository = await serving(status, {}, body)
    const image = manifest([config])
    const failure = await repository.push(image.descriptor, image.body).catch((error: Error) => error)
    expect(failure).toMatchObject({ code, status, message: expect.stringContaining(said) })
    expect((failure as Error).message.length).toBeLessThan(600)
    expect((failure as Error).message).not.toContain("\u001b")
  })

  test("comes with how to log in", async () => {
    const repository = await serving(401, {}, "")
    await expect(repository.resolve("v1")).rejects.toMatchObject({
      hint: `log in with "docker login ${repository.registry}" or "podman login ${repository.registry}"`,
    })
  })
})
