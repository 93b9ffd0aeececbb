import { afterEach, describe, expect, onTestFinished, test } from "vitest"
import { copyGraph } from "../../src/content/copy.ts"
import { loadGraph } from "../../src/content/graph.ts"
import { describeContentTarget } from "../content/content-contract.ts"
import { blob, index, makeClient, manifest, pipeBody, pushImage, read } from "../support/registry/content.ts"
import { type FaultRule, startFaultProxy } from "../support/registry/fault-proxy.ts"
import { type DockerRegistryOptions, PASSWORD, startDockerRegistry, USER } from "./docker-registry.ts"

const MEBIBYTE = 1024 * 1024
const layer = blob(20 * MEBIBYTE + 3)
const config = blob(100, 2)
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function setUp(options: DockerRegistryOptions = {}, rules: FaultRule[] = []) {
  const registry = await startDockerRegistry(options)
  const proxy = await startFaultProxy(registry.host, rules)
  const credentials = { lookup: async () => ({ username: USER, password: PASSWORD }) }
  const client = makeClient({ credentials, timeouts: { body: 1000, answer: 5000, upload: 5000 } })
  cleanups.push(registry.close, proxy.close, () => client.close())
  return { registry, proxy, client, repository: client.repository(proxy.host, "acme/edge") }
}

describeContentTarget("docker-registry", async () => {
  const registry = await startDockerRegistry()
  const client = makeClient()
  onTestFinished(async () => {
    await client.close()
    await registry.close()
  })
  return { target: client.repository(registry.host, "acme/edge") }
})

describe.each(["none", "basic", "token"] as const)("docker-registry with authentication: %s", (auth) => {
  test("takes an image, lists it, and gives it back", async () => {
    const { repository, registry } = await setUp({ auth })
    const image = await pushImage(repository, [config, layer], "v1")
    const list = index([image])
    await repository.push(list.descriptor, list.body)
    await repository.tag(list.descriptor, "multi")
    expect(await repository.resolve("v1")).toEqual(image.descriptor)
    expect(await repository.resolve("multi")).toEqual(list.descriptor)
    expect((await Array.fromAsync(repository.tags())).sort()).toEqual(["multi", "v1"])
    expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
    expect(await repository.referrers(image.descriptor)).toEqual([])
    expect((registry.tokens?.requests ?? []).length).toBeLessThanOrEqual(2)
  })

  test("mounts a blob from another repository, and sends none the second time", async () => {
    const { repository, client, proxy } = await setUp({ auth })
    await client.repository(proxy.host, "acme/base").push(layer.descriptor, layer.body)
    expect(await repository.mount(layer.descriptor, "acme/base")).toBe(true)
    expect(await repository.mount(config.descriptor, "acme/base")).toBe(false)
    const image = await pushImage(repository, [config])
    const graph = await loadGraph(repository, image.descriptor)
    proxy.seen.length = 0
    await copyGraph(repository, graph, repository)
    expect(proxy.seen.filter((line) => !line.startsWith("HEAD"))).toEqual([])
  })
})

test("docker-registry refuses a wrong password and an anonymous user", async () => {
  for (const auth of ["basic", "token"] as const) {
    const registry = await startDockerRegistry({ auth })
    cleanups.push(registry.close)
    for (const credential of [{ username: USER, password: "wrong" }, undefined]) {
      const client = makeClient({ credentials: { lookup: async () => credential } })
      cleanups.push(() => client.close())
      await expect(
        client.repository(registry.host, "acme/edge").exists(layer.descriptor),
      ).rejects.toMatchObject({
        code: "UNAUTHORIZED",
        hint: expect.stringContaining("docker login"),
      })
    }
  }
})

describe("docker-registry behind a proxy that makes trouble", () => {
  test.each<[string, FaultRule[]]>([
    [
      "an upload that breaks off",
      [{ on: /^PUT .*uploads/, fault: { kind: "drop upload", after: 9 * MEBIBYTE } }],
    ],
    [
      "an upload that breaks off twice",
      [{ on: /^PUT .*uploads/, times: 2, fault: { kind: "drop upload", after: 9 * MEBIBYTE } }],
    ],
    ["an upload whose answer is lost", [{ on: /^PUT .*uploads/, fault: { kind: "drop answer" } }]],
    ["an upload answered 500", [{ on: /^PUT .*uploads/, fault: { kind: "answer", status: 500 } }]],
    [
      "an upload answered 401",
      [{ on: /^PUT .*uploads/, fault: { kind: "answer", status: 401, early: true } }],
    ],
    [
      "an upload answered 429",
      [{ on: /^PUT .*uploads/, fault: { kind: "answer", status: 429, headers: { "retry-after": "5" } } }],
    ],
    ["a whole upload refused", [{ on: /^PUT .*uploads/, skip: 1, fault: { kind: "answer", status: 413 } }]],
    [
      "a chunked upload that breaks off",
      [
        { on: /^PUT .*uploads/, fault: { kind: "answer", status: 405 } },
        { on: /^PATCH/, skip: 1, fault: { kind: "drop upload", after: MEBIBYTE } },
      ],
    ],
    [
      "a download that breaks off",
      [{ on: /^GET .*blobs/, times: 3, fault: { kind: "drop download", after: 6 * MEBIBYTE } }],
    ],
    ["a download that stalls", [{ on: /^GET .*blobs/, fault: { kind: "stall", after: 6 * MEBIBYTE } }]],
    ["a download answered 503", [{ on: /^GET .*blobs/, fault: { kind: "answer", status: 503 } }]],
    ["a manifest answered 500", [{ on: /^PUT .*manifests/, fault: { kind: "answer", status: 500 } }]],
  ])("gets over %s", async (_, rules) => {
    for (const auth of ["none", "token"] as const) {
      const { repository, proxy } = await setUp(
        { auth },
        rules.map((rule) => ({ ...rule })),
      )
      const image = await pushImage(repository, [config, layer], "v1")
      expect((await read(repository.fetch(layer.descriptor))).equals(layer.bytes)).toBe(true)
      expect(await repository.resolve("v1")).toEqual(image.descriptor)
      expect(proxy.struck.length).toBeGreaterThan(0)
    }
  })

  test.each<[string, FaultRule]>([
    ["a changed byte", { on: /^GET .*blobs/, fault: { kind: "flip", at: 9 * MEBIBYTE } }],
    ["a short body", { on: /^GET .*blobs/, fault: { kind: "shorten", by: 1 } }],
  ])("ends a download with %s in an error", async (_, rule) => {
    const { repository } = await setUp({}, [rule])
    await repository.push(layer.descriptor, layer.body)
    await expect(read(repository.fetch(layer.descriptor))).rejects.toMatchObject({
      code: expect.stringMatching(/_MISMATCH$/),
    })
  })

  test("refuses an upload with a changed byte", async () => {
    const { repository } = await setUp({}, [
      { on: /^PUT .*uploads/, fault: { kind: "flip upload", at: 999 } },
    ])
    await expect(repository.push(layer.descriptor, layer.body)).rejects.toMatchObject({
      code: "DIGEST_INVALID",
    })
    expect(await repository.exists(layer.descriptor)).toBe(false)
  })

  test("uses the upload that is opened instead of a mount", async () => {
    const { repository, client, proxy } = await setUp({ auth: "token" }, [
      { on: /mount=/, fault: { kind: "refuse mount" } },
    ])
    await client.repository(proxy.host, "acme/base").push(layer.descriptor, layer.body)
    proxy.seen.length = 0
    expect(await repository.mount(layer.descriptor, "acme/base")).toBe(false)
    await repository.push(layer.descriptor, layer.body)
    expect(proxy.seen.filter((line) => line.startsWith("POST"))).toHaveLength(1)
    expect(await repository.exists(layer.descriptor)).toBe(true)
  })

  test("gets the blob that it first said it had", async () => {
    const source = await setUp()
    const image = await pushImage(source.repository, [config, layer])
    const target = await setUp({}, [{ on: /^HEAD .*blobs/, times: 2, fault: { kind: "report present" } }])
    const graph = await loadGraph(source.repository, image.descriptor)
    await copyGraph(source.repository, graph, target.repository)
    expect(await target.repository.resolve(image.descriptor.digest)).toEqual(image.descriptor)
  })

  test("gets an index after the manifest that it names, or says what is missing", async () => {
    const { repository } = await setUp()
    await repository.push(config.descriptor, config.body)
    const image = manifest([config])
    const list = index([image])
    await expect(repository.push(list.descriptor, list.body)).rejects.toMatchObject({
      code: "MANIFEST_BLOB_UNKNOWN",
    })
  })

  test("asks for the pipe again when an upload from it breaks off", async () => {
    const { repository } = await setUp({}, [
      { on: /^PUT .*uploads/, fault: { kind: "drop upload", after: 9 * MEBIBYTE } },
    ])
    await expect(repository.push(layer.descriptor, pipeBody(layer.bytes))).rejects.toMatchObject({
      code: "CANNOT_REWIND",
    })
  })
})
