import { afterEach, describe, expect, test } from "vitest"
import { verified } from "../../src/content/verifying-reader.ts"
import { blob, type Content, makeClient, pipeBody } from "../support/registry/content.ts"
import { type FaultRule, startFaultProxy } from "../support/registry/fault-proxy.ts"
import { startServer } from "../support/registry/http-server.ts"
import { startRegistry, type TestRegistryOptions } from "../support/registry/test-registry.ts"

const MEBIBYTE = 1024 * 1024
const layer = blob(3 * MEBIBYTE + 5)
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

type Setup = Awaited<ReturnType<typeof setUp>>

/** The registry has the content, and nothing half done. */
async function expectStored({ registry, repository }: Setup, content: Content) {
  expect(registry.storage.hasBlob("acme/edge", content.descriptor.digest)).toBe(true)
  expect(await repository.exists(content.descriptor)).toBe(true)
  expect([...registry.storage.uploads]).toEqual([])
}

describe("uploading a blob", () => {
  test("takes one POST and one PUT with its length, and keeps the query of the location", async () => {
    const setup = await setUp()
    await setup.repository.push(layer.descriptor, layer.body)
    const [post, put, ...more] = setup.registry.log
    expect(post).toMatchObject({ method: "POST", status: 202 })
    expect(put).toMatchObject({ method: "PUT", status: 201, received: layer.bytes.length })
    expect(put?.headers["content-length"]).toBe(String(layer.bytes.length))
    expect(put?.url).toMatch(/\?state=0%2Fkept&digest=sha256:[0-9a-f]{64}$/)
    expect(more).toEqual([])
    await expectStored(setup, layer)
  })

  test.each([
    ["an empty one", blob(0)],
    ["one under sha512", blob(100, 2, "sha512")],
    ["one byte", blob(1)],
  ])("takes %s", async (_, content) => {
    const setup = await setUp()
    await setup.repository.push(content.descriptor, content.body)
    await expectStored(setup, content)
  })

  test("never gives the registry the last byte of content that proves wrong", async () => {
    const setup = await setUp()
    const other = blob(layer.bytes.length, 7)
    const body = (offset: number) => verified(layer.descriptor, other.body(offset), "a file")
    await expect(setup.repository.push(layer.descriptor, body)).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    })
    expect(setup.registry.storage.hasBlob("acme/edge", layer.descriptor.digest)).toBe(false)
    expect(setup.registry.requests(/^PUT/)[0]?.received).toBeLessThan(layer.bytes.length)
  })

  test("is refused by the registry when a byte changes on the way", async () => {
    const setup = await setUp([{ on: /^PUT/, fault: { kind: "flip upload", at: 100_000 } }])
    await expect(setup.repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({
      code: "DIGEST_INVALID",
      status: 400,
    })
    expect(setup.registry.storage.hasBlob("acme/edge", layer.descriptor.digest)).toBe(false)
    expect(setup.client.clock.waits).toEqual([])
  })
})

describe("an upload that breaks off", () => {
  test("goes on from where the registry has it", async () => {
    const setup = await setUp([{ on: /^PUT/, fault: { kind: "drop upload", after: 2 * MEBIBYTE } }])
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
    const [broken] = setup.registry.requests(/^PUT/)
    const [patch] = setup.registry.requests(/^PATCH/)
    expect(patch?.headers["content-range"]).toBe(`${broken?.received}-${layer.bytes.length - 1}`)
    expect(setup.registry.requests(/^POST/)).toHaveLength(1)
    expect(patch?.received).toBe(layer.bytes.length - (broken?.received ?? 0))
  })

  test("breaks off again and again, as long as it gets further", async () => {
    const setup = await setUp([
      { on: /^PUT/, fault: { kind: "drop upload", after: MEBIBYTE } },
      { on: /^PATCH/, times: 8, fault: { kind: "drop upload", after: 256 * 1024 } },
    ])
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
  })

  test("begins again where the registry has forgotten it", async () => {
    const setup = await setUp([{ on: /^PUT/, fault: { kind: "drop upload", after: 2 * MEBIBYTE } }], {
      forgetful: true,
    })
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
    expect(setup.registry.requests(/^POST/)).toHaveLength(2)
  })

  test("begins again where the registry's word on it is of no use", async () => {
    const useless = { kind: "answer", status: 204, headers: { range: "0-99999999999" } } as const
    for (const fault of [useless, { ...useless, headers: {} }, { ...useless, status: 500 }]) {
      const setup = await setUp([
        { on: /^PUT/, fault: { kind: "drop upload", after: 2 * MEBIBYTE } },
        { on: /^GET .*uploads/, fault },
      ])
      await setup.repository.push(layer.descriptor, layer.body)
      await expectStored(setup, layer)
      expect(setup.registry.requests(/^PUT/).at(-1)?.received).toBe(layer.bytes.length)
    }
  })

  test("is done if only the answer was lost", async () => {
    const setup = await setUp([{ on: /^PUT/, fault: { kind: "drop answer" } }])
    await setup.repository.push(layer.descriptor, pipeBody(layer.bytes))
    await expectStored(setup, layer)
    expect(setup.registry.requests(/^PUT/)).toHaveLength(1)
  })

  test("says what to do when the body comes from a pipe and cannot begin again", async () => {
    const setup = await setUp([{ on: /^PUT/, fault: { kind: "drop upload", after: 2 * MEBIBYTE } }], {
      forgetful: true,
    })
    await expect(setup.repository.push(layer.descriptor, pipeBody(layer.bytes))).rejects.toMatchObject({
      code: "CANNOT_REWIND",
      hint: "run the same command again: what was sent is kept; or save the bundle to a file first",
    })
  })

  test("gets over a 500, a 429 with its wait, and a lost connection", async () => {
    const date = "Thu, 01 Jan 2026 00:00:20 GMT"
    const setup = await setUp([
      { on: /^PUT/, fault: { kind: "answer", status: 500 } },
      { on: /^PUT/, fault: { kind: "answer", status: 429, headers: { "retry-after": date }, early: true } },
      { on: /^POST/, fault: { kind: "answer", status: 503, headers: { "retry-after": "3" } } },
    ])
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
    expect(setup.client.clock.waits[0]).toBe(3000)
    expect(setup.client.clock.time).toBeGreaterThanOrEqual(Date.parse(date))
  })

  test("gets over a registry that takes nothing more and does not answer", async () => {
    const setup = await setUp([
      { on: /^PUT/, fault: { kind: "hang" } },
      { on: /^HEAD/, fault: { kind: "hang" } },
    ])
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
  })

  test("ends when the registry keeps failing", async () => {
    const setup = await setUp([{ on: /^PUT/, times: 100, fault: { kind: "answer", status: 500 } }])
    await expect(setup.repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      status: 500,
    })
    expect(setup.proxy.struck).toHaveLength(6)
    expect([...setup.registry.storage.uploads]).toEqual([])
  })

  test("ends at once when the registry asks to wait for hours", async () => {
    const setup = await setUp([
      { on: /^PUT/, fault: { kind: "answer", status: 429, headers: { "retry-after": "7200" } } },
    ])
    await expect(setup.repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({
      code: "TOOMANYREQUESTS",
      hint: expect.stringContaining("7200 seconds"),
    })
    expect(setup.client.clock.waits).toEqual([])
  })

  test.each([400, 403])("is not tried again after a %d", async (status) => {
    const setup = await setUp([{ on: /^PUT/, fault: { kind: "answer", status } }])
    await expect(setup.repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({ status })
    expect(setup.registry.requests(/^POST/)).toHaveLength(1)
  })
})

describe("a refusal while the source of an upload stalls", () => {
  test("is told at once, and closes the session", async () => {
    const refusal = { kind: "answer", status: 403, early: true } as const
    const setup = await setUp([{ on: /^PUT/, fault: refusal }])
    const body = async function* () {
      yield layer.bytes.subarray(0, MEBIBYTE)
      await new Promise(() => undefined)
    }
    await expect(setup.repository.push(layer.descriptor, body)).rejects.toMatchObject({
      code: "DENIED",
      status: 403,
    })
    expect(setup.registry.requests(/^PUT/)).toEqual([])
    expect([...setup.registry.storage.uploads]).toEqual([])
  })

  test("does not keep an abort from ending it", async () => {
    const setup = await setUp()
    const stop = new AbortController()
    const body = async function* () {
      yield layer.bytes.subarray(0, MEBIBYTE)
      stop.abort(new Error("enough"))
      await new Promise(() => undefined)
    }
    const { signal } = stop
    await expect(setup.repository.push(layer.descriptor, body, { signal })).rejects.toThrow("enough")
  })
})

describe("a registry that does not take a blob in one request", () => {
  test("gets in chunks also those that were on their way at once when it said so", async () => {
    const setup = await setUp([], { refuseWhole: 405 })
    const contents = [layer, blob(500_000, 4), blob(500_000, 5), blob(500_000, 6)]
    await Promise.all(contents.map(({ descriptor, body }) => setup.repository.push(descriptor, body)))
    for (const content of contents) await expectStored(setup, content)
  })

  test.each([405, 415, 501])(
    "and answers %d gets it in chunks, and the next blob at once so",
    async (status) => {
      const setup = await setUp([], { refuseWhole: status })
      const next = blob(500_000, 4)
      await setup.repository.push(layer.descriptor, layer.body)
      await setup.repository.push(next.descriptor, next.body)
      await expectStored(setup, layer)
      await expectStored(setup, next)
      expect(setup.registry.requests(/^PUT/).filter((put) => put.status === status)).toHaveLength(1)
    },
  )

  test("and limits its size gets chunks that halve until they fit", async () => {
    const setup = await setUp([], { maxRequest: 500_000 })
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
    const sizes = setup.registry.requests(/^PATCH/).map(({ received }) => received)
    expect(Math.max(...sizes)).toBe(Math.floor(layer.bytes.length / 8))
    expect(sizes.slice(sizes.findIndex((size) => size > 0)).filter((size) => size > 0)).toHaveLength(9)
  })

  test("takes chunks of the least length that it names, but for the last", async () => {
    const setup = await setUp([], { maxRequest: 1_000_000, minChunk: 900_000 })
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
    const sizes = setup.registry.requests(/^PATCH/).map(({ received }) => received)
    expect(sizes.filter((size) => size > 0)).toEqual([
      900_000,
      900_000,
      900_000,
      layer.bytes.length - 2_700_000,
    ])
  })

  test("and takes nothing small enough either is given up", async () => {
    const setup = await setUp([], { maxRequest: 1000 })
    await expect(setup.repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({ status: 413 })
    expect([...setup.registry.storage.uploads]).toEqual([])
  })

  test("is believed when it takes a chunk, though its Range stays at the first", async () => {
    const setup = await setUp([{ on: /^PATCH/, skip: 3, fault: { kind: "answer", status: 502 } }], {
      maxRequest: 500_000,
      stuckRange: true,
    })
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
  })

  test("gets chunks from a pipe as well, once it is known", async () => {
    const setup = await setUp([], { refuseWhole: 405 })
    const first = blob(10, 4)
    await setup.repository.push(first.descriptor, first.body)
    await setup.repository.push(layer.descriptor, pipeBody(layer.bytes))
    await expectStored(setup, layer)
  })

  test("has a broken chunk continued", async () => {
    const setup = await setUp([{ on: /^PATCH/, skip: 5, fault: { kind: "drop upload", after: 100_000 } }], {
      maxRequest: 500_000,
    })
    await setup.repository.push(layer.descriptor, layer.body)
    await expectStored(setup, layer)
  })
})

describe("the location of an upload", () => {
  test("may be absolute, on the registry itself", async () => {
    const holder = { host: "" }
    const registry = await startRegistry({ uploadLocation: (path) => `http://${holder.host}${path}` })
    holder.host = registry.host
    const client = makeClient()
    cleanups.push(registry.close, () => client.close())
    await client.repository(registry.host, "acme/edge").push(layer.descriptor, layer.body)
    expect(registry.storage.hasBlob("acme/edge", layer.descriptor.digest)).toBe(true)
  })

  test("may be on another host, which gets no credentials", async () => {
    const seen: (string | undefined)[] = []
    const storage = await startServer(async (request, response) => {
      seen.push(request.headers.authorization)
      for await (const _ of request);
      response.writeHead(201).end()
    })
    const registry = await startRegistry({
      auth: { kind: "basic", users: { ada: "secret" } },
      uploadLocation: (path) => `${storage.origin}${path}`,
    })
    const client = makeClient({
      credentials: { lookup: async () => ({ username: "ada", password: "secret" }) },
    })
    cleanups.push(storage.close, registry.close, () => client.close())
    await client.repository(registry.host, "acme/edge").push(layer.descriptor, layer.body)
    expect(seen).toEqual([undefined])
    expect(registry.requests(/^POST/).at(-1)?.authorization).toMatch(/^Basic/)
  })

  test("may not lead to plain HTTP on the network", async () => {
    const setup = await setUp([], { uploadLocation: (path) => `http://storage.example${path}` })
    await expect(setup.repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({
      code: "INSECURE_LOCATION",
    })
  })

  test("has to be there", async () => {
    const setup = await setUp([{ on: /^POST/, fault: { kind: "answer", status: 202 } }])
    await expect(setup.repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({
      code: "INVALID_RESPONSE",
    })
  })
})

describe("mounting a blob from another repository", () => {
  test("sends nothing", async () => {
    const setup = await setUp()
    await setup.client.repository(setup.proxy.host, "acme/base").push(layer.descriptor, layer.body)
    setup.registry.log.length = 0
    expect(await setup.repository.mount(layer.descriptor, "acme/base")).toBe(true)
    expect(setup.registry.log.map(({ method, received }) => [method, received])).toEqual([["POST", 0]])
    await expectStored(setup, layer)
  })

  test("uses the upload that a registry opens instead", async () => {
    const setup = await setUp([{ on: /mount=/, fault: { kind: "refuse mount" } }])
    await setup.client.repository(setup.proxy.host, "acme/base").push(layer.descriptor, layer.body)
    setup.registry.log.length = 0
    expect(await setup.repository.mount(layer.descriptor, "acme/base")).toBe(false)
    await setup.repository.push(layer.descriptor, layer.body)
    expect(setup.registry.requests(/^POST/)).toHaveLength(1)
    await expectStored(setup, layer)
  })

  test.each([400, 401, 403, 404, 405, 501])(
    "is a matter of sending it where the registry answers %d",
    async (status) => {
      const setup = await setUp([{ on: /mount=/, fault: { kind: "answer", status } }])
      expect(await setup.repository.mount(layer.descriptor, "acme/base")).toBe(false)
      await setup.repository.push(layer.descriptor, layer.body)
      await expectStored(setup, layer)
    },
  )
})
