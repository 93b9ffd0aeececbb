import { type AddressInfo, connect, createServer } from "node:net"
import { afterEach, beforeAll, describe, expect, test } from "vitest"
import type { RegistryClientOptions } from "../../src/registry/registry-client.ts"
import { type Certificate, makeCertificates } from "../support/registry/certificates.ts"
import { blob, makeClient, pushImage, read } from "../support/registry/content.ts"
import { startNetworkProxy } from "../support/registry/network-proxy.ts"
import { startRegistry, type TestRegistryOptions } from "../support/registry/test-registry.ts"

const layer = blob(200_000)
const cleanups: (() => unknown)[] = []
let authority: Certificate
let server: Certificate
let client: Certificate

beforeAll(async () => {
  ;({ authority, server, client } = await makeCertificates())
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function setUp(options: TestRegistryOptions, clientOptions: Partial<RegistryClientOptions> = {}) {
  const registry = await startRegistry(options)
  const registryClient = makeClient(clientOptions)
  cleanups.push(registry.close, () => registryClient.close())
  return {
    registry,
    client: registryClient,
    repository: registryClient.repository(registry.host, "acme/edge"),
  }
}

describe("a registry with TLS", () => {
  test("is used when its authority is named", async () => {
    for (const ca of [authority.cert, Buffer.from(authority.cert), [authority.cert]]) {
      const { repository } = await setUp({ tls: server }, { tls: { ca } })
      await pushImage(repository, [layer], "v1")
      expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    }
  })

  test("is refused when nobody vouches for it, though it is on this machine", async () => {
    const { repository, registry, client } = await setUp({ tls: server })
    await expect(repository.resolve("v1")).rejects.toMatchObject({
      code: "TLS_FAILED",
      hint: expect.stringContaining("--ca-file"),
    })
    expect(registry.log).toEqual([])
    expect(client.clock.waits).toEqual([])
  })

  test("is refused under a name that is not in its certificate", async () => {
    const { registry } = await setUp({ tls: server })
    const other = makeClient({ tls: { ca: authority.cert } })
    cleanups.push(() => other.close())
    const repository = other.repository(registry.host.replace("127.0.0.1", "127.0.0.2"), "acme/edge")
    // Linux answers on all of 127.0.0.0/8; a server bound to 127.0.0.1 is not there.
    await expect(repository.resolve("v1")).rejects.toMatchObject({
      code: expect.stringMatching(/^(TLS_FAILED|REGISTRY_UNREACHABLE)$/),
    })
  })

  test("that wants a client certificate gets it", async () => {
    const tls = { ...server, clientCa: authority.cert }
    const without = await setUp({ tls }, { tls: { ca: authority.cert } })
    await expect(without.repository.resolve("v1")).rejects.toMatchObject({
      code: expect.stringMatching(/^(TLS_FAILED|CONNECTION_LOST)$/),
    })
    const { repository } = await setUp({ tls }, { tls: { ca: authority.cert, ...client } })
    await repository.push(layer.descriptor, layer.body)
    expect(await repository.exists(layer.descriptor)).toBe(true)
  })

  test("never leads to plain HTTP", async () => {
    const plain = await startRegistry()
    cleanups.push(plain.close)
    const { repository } = await setUp(
      { tls: server, redirectBlobs: plain.origin },
      { tls: { ca: authority.cert } },
    )
    await repository.push(layer.descriptor, layer.body)
    await expect(read(repository.fetch(layer.descriptor))).rejects.toMatchObject({
      code: "INSECURE_LOCATION",
    })
    expect(plain.log).toEqual([])
  })

  test("says which certificate files cannot be used", () => {
    expect(() => makeClient({ tls: { ca: "not a certificate", cert: "x", key: "y" } })).toThrow(
      expect.objectContaining({ code: "TLS_FAILED" }),
    )
  })
})

describe("plain HTTP", () => {
  test("is used on this machine where nothing speaks TLS, and found out once", async () => {
    const { registry, client } = await setUp({})
    const handshakes: Buffer[] = []
    const counting = createServer((socket) => {
      const upstream = connect(Number(new URL(registry.origin).port), "127.0.0.1")
      // 22 begins a TLS record, RFC 8446, 5.1.
      socket.once("data", (first) => first[0] === 22 && handshakes.push(first))
      socket.pipe(upstream).pipe(socket)
      socket.on("error", () => upstream.destroy())
      upstream.on("error", () => socket.destroy())
    })
    await new Promise<void>((resolve) => counting.listen(0, "127.0.0.1", resolve))
    cleanups.unshift(() => counting.close())
    const host = `localhost:${(counting.address() as AddressInfo).port}`
    const names = ["acme/a", "acme/b", "acme/c"]
    const asked = names.map((name) => client.repository(host, name).exists(layer.descriptor))
    expect(await Promise.all(asked)).toEqual([false, false, false])
    expect(await client.repository(host, "acme/d").exists(layer.descriptor)).toBe(false)
    expect(handshakes).toHaveLength(1)
  })

  test("on the network is refused with the option that allows it, and used with that", async () => {
    // A proxy stands for the network: it takes whatever host to the registry.
    const registry = await startRegistry()
    const proxy = await startNetworkProxy(registry.host)
    cleanups.push(registry.close, proxy.close)
    const strict = makeClient({ proxy: { httpsProxy: proxy.url } })
    const lenient = makeClient({ proxy: { httpProxy: proxy.url }, plainHttp: true })
    cleanups.push(
      () => strict.close(),
      () => lenient.close(),
    )
    await expect(strict.repository("registry.example:5000", "a/b").resolve("v1")).rejects.toMatchObject({
      code: "PLAIN_HTTP",
      hint: expect.stringContaining("--plain-http"),
    })
    expect(registry.log).toEqual([])
    await lenient.repository("registry.example:5000", "a/b").push(layer.descriptor, layer.body)
    expect(registry.storage.hasBlob("a/b", layer.descriptor.digest)).toBe(true)
  })
})

describe("a proxy", () => {
  test("tunnels to registries on the network, and is passed over as NO_PROXY says", async () => {
    const registry = await startRegistry({ tls: server })
    const proxy = await startNetworkProxy(registry.host)
    cleanups.push(registry.close, proxy.close)
    const tls = { ca: authority.cert }
    const through = makeClient({ proxy: { httpsProxy: proxy.url, noProxy: "internal.example" }, tls })
    cleanups.push(() => through.close())
    // The certificate is for localhost, so TLS is refused once the tunnel stands: it was the proxy that led there.
    await expect(through.repository("registry.example", "a/b").resolve("v1")).rejects.toMatchObject({
      code: "TLS_FAILED",
      hint: expect.stringContaining("another name"),
    })
    expect(proxy.asked).toEqual(["CONNECT registry.example:443"])
    await expect(through.repository("internal.example", "a/b").resolve("v1")).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    })
    await through.repository(registry.host, "a/b").push(layer.descriptor, layer.body)
    expect(proxy.asked).toHaveLength(1)
  })

  test("for one scheme is not used for the other", async () => {
    const registry = await startRegistry()
    const proxy = await startNetworkProxy(registry.host)
    cleanups.push(registry.close, proxy.close)
    const client = makeClient({ proxy: { httpProxy: proxy.url } })
    cleanups.push(() => client.close())
    await expect(client.repository("registry.invalid", "a/b").resolve("v1")).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
    })
    expect(proxy.asked).toEqual([])
  })

  test("may be named without its scheme, but has to be one", async () => {
    const registry = await startRegistry()
    const proxy = await startNetworkProxy(registry.host)
    cleanups.push(registry.close, proxy.close)
    const client = makeClient({ proxy: { httpProxy: proxy.url.replace("http://", "") }, plainHttp: true })
    cleanups.push(() => client.close())
    expect(await client.repository("registry.example", "a/b").exists(layer.descriptor)).toBe(false)
    expect(proxy.asked).toHaveLength(1)
    for (const httpProxy of ["socks5://ada:hunter2@proxy", "http://ada:hunter2@"]) {
      expect(() => makeClient({ proxy: { httpProxy } })).toThrow(
        expect.objectContaining({ code: "PROXY_INVALID", message: expect.not.stringContaining("hunter2") }),
      )
    }
  })

  test("that is not there is named as such", async () => {
    const through = makeClient({ proxy: { httpsProxy: "http://127.0.0.1:1" } })
    cleanups.push(() => through.close())
    await expect(through.repository("registry.example", "a/b").resolve("v1")).rejects.toMatchObject({
      code: "REGISTRY_UNREACHABLE",
      hint: expect.stringContaining("proxy"),
    })
  })
})
