import { createServer } from "node:net"
import { afterEach, describe, expect, test } from "vitest"
import type { ByteRange } from "../../src/content/interfaces.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { blob, makeClient, pushImage, read } from "../support/registry/content.ts"
import { type FaultRule, startFaultProxy } from "../support/registry/fault-proxy.ts"
import { startServer } from "../support/registry/http-server.ts"
import { startRegistry, type TestRegistryOptions } from "../support/registry/test-registry.ts"

const layer = blob(700_001)
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A registry that holds a layer, behind a proxy that makes trouble. */
async function setUp(rules: FaultRule[] = [], options: TestRegistryOptions = {}) {
  const registry = await startRegistry(options)
  const proxy = await startFaultProxy(registry.host, rules)
  const client = makeClient({ timeouts: { body: 400, answer: 2000, upload: 2000 } })
  cleanups.push(registry.close, proxy.close, () => client.close())
  await client.repository(registry.host, "acme/edge").push(layer.descriptor, layer.body)
  registry.log.length = 0
  return { registry, proxy, client, repository: client.repository(proxy.host, "acme/edge") }
}

describe("downloading a blob", () => {
  test("gives its bytes", async () => {
    const { repository, registry } = await setUp()
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    expect(registry.log).toHaveLength(1)
  })

  test.each([
    ["a part", { offset: 1000, length: 70_000 }],
    ["the first byte", { offset: 0, length: 1 }],
    ["the end", { offset: 600_000 }],
    ["more than there is", { offset: 699_000, length: 10_000 }],
    ["nothing", { offset: 700_001 }],
  ] as [string, ByteRange][])("gives %s of it", async (_, range) => {
    for (const ranges of [true, false]) {
      const { repository } = await setUp([], { ranges })
      const end = range.offset + (range.length ?? layer.bytes.length)
      expect(await read(repository.fetch(layer.descriptor, { range }))).toEqual(
        layer.bytes.subarray(range.offset, end),
      )
    }
  })

  test("goes on from the byte it reached when the connection breaks, and breaks again", async () => {
    const { repository, registry } = await setUp([
      { on: /^GET .*blobs/, times: 3, fault: { kind: "drop download", after: 200_000 } },
    ])
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    const ranges = registry.log.map(({ headers }) => headers.range)
    expect(ranges).toEqual([undefined, "bytes=200000-", "bytes=400000-", "bytes=600000-"])
  })

  test("goes on with a part where it broke", async () => {
    const { repository, registry } = await setUp([
      { on: /^GET .*blobs/, fault: { kind: "drop download", after: 10_000 } },
    ])
    const part = await read(repository.fetch(layer.descriptor, { range: { offset: 5000, length: 50_000 } }))
    expect(part).toEqual(layer.bytes.subarray(5000, 55_000))
    expect(registry.log.map(({ headers }) => headers.range)).toEqual([
      "bytes=5000-54999",
      "bytes=15000-54999",
    ])
  })

  test("skips what it has when a registry knows no ranges", async () => {
    const { repository } = await setUp(
      [{ on: /^GET .*blobs/, times: 2, fault: { kind: "drop download", after: 300_000 } }],
      { ranges: false },
    )
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
  })

  test("goes on after a stall", async () => {
    const { repository, registry } = await setUp([
      { on: /^GET .*blobs/, fault: { kind: "stall", after: 100_000 } },
    ])
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    expect(registry.log.at(-1)?.headers.range).toBe("bytes=100000-")
  })

  test("waits as the registry asks, and longer each time when it only fails", async () => {
    const { repository, client } = await setUp([
      { on: /^GET .*blobs/, fault: { kind: "answer", status: 429, headers: { "retry-after": "17" } } },
      { on: /^GET .*blobs/, times: 3, fault: { kind: "answer", status: 503 } },
    ])
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    expect(client.clock.waits).toEqual([17_000, 750, 1500, 3000])
  })

  test("gives up, and says where, when nothing more comes", async () => {
    const { repository, proxy } = await setUp([
      { on: /^GET .*blobs/, fault: { kind: "drop download", after: 123_456 } },
      { on: /^GET .*blobs/, times: 100, fault: { kind: "drop download", after: 0 } },
    ])
    await expect(read(repository.fetch(layer.descriptor))).rejects.toMatchObject({
      code: "CONNECTION_LOST",
      message: expect.stringContaining(proxy.host),
    })
    expect(proxy.seen).toHaveLength(6)
  })

  test("never passes on wrong content", async () => {
    const flipped = await setUp([{ on: /^GET .*blobs/, fault: { kind: "flip", at: 650_000 } }])
    await expect(read(flipped.repository.fetch(layer.descriptor))).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    })
    const short = await setUp([{ on: /^GET .*blobs/, fault: { kind: "shorten", by: 1 } }])
    await expect(read(short.repository.fetch(layer.descriptor))).rejects.toMatchObject({
      code: "SIZE_MISMATCH",
    })
    const other = await setUp([
      { on: /^GET .*blobs/, fault: { kind: "answer", status: 200, body: "<html>hello" } },
    ])
    await expect(read(other.repository.fetch(layer.descriptor))).rejects.toMatchObject({
      code: "SIZE_MISMATCH",
    })
  })

  test("refuses another part than the one it asked for", async () => {
    const { repository } = await setUp([
      { on: /^GET .*blobs/, fault: { kind: "drop download", after: 100 } },
      {
        on: /^GET .*blobs/,
        fault: { kind: "answer", status: 206, headers: { "content-range": "bytes 0-99/700001" }, body: "x" },
      },
    ])
    await expect(read(repository.fetch(layer.descriptor))).rejects.toMatchObject({ code: "INVALID_RESPONSE" })
  })

  test("says so when the blob is not there, and that a foreign layer is kept elsewhere", async () => {
    const { repository } = await setUp()
    const missing = blob(10, 9).descriptor
    await expect(read(repository.fetch(missing))).rejects.toMatchObject({ code: "CONTENT_NOT_FOUND" })
    const foreign = { ...missing, mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }
    await expect(read(repository.fetch(foreign))).rejects.toMatchObject({
      code: "CONTENT_NOT_FOUND",
      message: expect.stringContaining("foreign layer"),
    })
  })

  test("reads manifests where manifests are, and empty blobs", async () => {
    const { repository, registry } = await setUp()
    const image = await pushImage(repository, [blob(0), layer], "v1")
    expect((await read(repository.fetch(image.descriptor))).equals(image.bytes)).toBe(true)
    expect(await read(repository.fetch(blob(0).descriptor))).toHaveLength(0)
    expect(registry.requests(/^GET .*manifests\/sha256/)).not.toHaveLength(0)
  })

  test("reads content that is named by sha512", async () => {
    const { repository } = await setUp()
    const other = blob(5000, 3, "sha512")
    await repository.push(other.descriptor, other.body)
    expect((await read(repository.fetch(other.descriptor))).equals(other.bytes)).toBe(true)
  })

  test("stops at once when it is aborted, before and during", async () => {
    const { repository } = await setUp([{ on: /^GET .*blobs/, fault: { kind: "stall", after: 100_000 } }])
    const before = AbortSignal.abort(new Error("stop"))
    await expect(read(repository.fetch(layer.descriptor, { signal: before }))).rejects.toThrow("stop")
    const during = new AbortController()
    const reading = async () => {
      for await (const _ of repository.fetch(layer.descriptor, { signal: during.signal })) {
        during.abort(new Error("enough"))
      }
    }
    await expect(reading()).rejects.toThrow("enough")
  })

  test("frees the connection when the reader leaves early", async () => {
    const { client, registry } = await setUp()
    const repository = client.repository(registry.host, "acme/edge")
    for (let round = 0; round < 30; round++) {
      for await (const _ of repository.fetch(layer.descriptor)) break
    }
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
  })
})

describe("following a registry to its object storage", () => {
  test("sends no credentials there", async () => {
    const storage = await startRegistry()
    const auth = { kind: "basic", users: { ada: "secret" } } as const
    const registry = await startRegistry({ auth, redirectBlobs: storage.origin })
    const credentials = { lookup: async () => ({ username: "ada", password: "secret" }) }
    const client = makeClient({ credentials })
    cleanups.push(storage.close, registry.close, () => client.close())
    await client.repository(storage.host, "acme/edge").push(layer.descriptor, layer.body)
    const repository = client.repository(registry.host, "acme/edge")
    await repository.push(layer.descriptor, layer.body)
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    expect(registry.requests(/^GET/)[0]?.authorization).toMatch(/^Basic /)
    const [moved] = storage.requests(/^GET .*signed=1/)
    expect(moved).toBeDefined()
    expect(moved?.authorization).toBeUndefined()
  })

  test("goes in circles only so often", async () => {
    const server = await startServer(async (request, response) => {
      response.writeHead(302, { location: `${request.url}x` }).end()
    })
    const client = makeClient()
    cleanups.push(server.close, () => client.close())
    const reading = read(client.repository(server.host, "acme/edge").fetch(layer.descriptor))
    await expect(reading).rejects.toMatchObject({ code: "INVALID_RESPONSE" })
  })

  test.each([
    ["http://storage.example/blob", "INSECURE_LOCATION"],
    ["ftp://127.0.0.1/blob", "INVALID_RESPONSE"],
    ["http://[", "INVALID_RESPONSE"],
  ])("does not go to %s", async (location, code) => {
    const server = await startServer(async (_, response) => {
      response.writeHead(307, { location }).end()
    })
    const client = makeClient()
    cleanups.push(server.close, () => client.close())
    const reading = read(client.repository(server.host, "acme/edge").fetch(layer.descriptor))
    await expect(reading).rejects.toMatchObject({ code })
  })
})

describe("a registry that cannot be reached", () => {
  test("is given up soon, with its name and what to check", async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const client = makeClient()
    cleanups.push(() => client.close())
    await expect(client.repository(`127.0.0.1:${port}`, "acme/edge").resolve("v1")).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      message: expect.stringContaining(`127.0.0.1:${port}`),
      hint: expect.stringContaining("port"),
    })
    expect(client.clock.waits).toHaveLength(1)
    await expect(client.repository("no-such-host.invalid", "a/b").resolve("v1")).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    })
  })

  test("is told apart from one that goes away in between", async () => {
    const registry = await startRegistry()
    const client = makeClient()
    cleanups.push(() => client.close())
    const repository = client.repository(registry.host, "acme/edge")
    await repository.exists(layer.descriptor)
    await registry.close()
    await expect(repository.exists(layer.descriptor)).rejects.toMatchObject({ code: "REGISTRY_UNREACHABLE" })
    expect(client.clock.waits).toHaveLength(5)
  })

  test("is refused when it does not speak HTTP", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined)
      socket.end("SSH-2.0-OpenSSH_9.9\r\n", () => socket.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as { port: number }
    const client = makeClient()
    cleanups.push(
      () => client.close(),
      () => new Promise((resolve) => server.close(resolve)),
    )
    await expect(client.repository(`127.0.0.1:${port}`, "a/b").resolve("v1")).rejects.toMatchObject({
      code: "INVALID_RESPONSE",
      message: `127.0.0.1:${port} does not answer in HTTP`,
    })
  })
})

test("schema 1 layers and manifests never come by another name", async () => {
  const { repository, registry } = await setUp()
  registry.storage.repository("acme/edge").manifests.set("sha256:old", {
    mediaType: MediaType.dockerSchema1Signed,
    bytes: Buffer.from('{"schemaVersion":1,"fsLayers":[]}'),
  })
  registry.storage.repository("acme/edge").tags.set("old", "sha256:old")
  await expect(repository.resolve("old")).rejects.toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" })
})
