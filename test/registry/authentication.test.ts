import { afterEach, describe, expect, test } from "vitest"
import type { Credential } from "../../src/registry/credentials.ts"
import { blob, makeClient, pushImage, read } from "../support/registry/content.ts"
import { type FaultRule, startFaultProxy } from "../support/registry/fault-proxy.ts"
import { startServer } from "../support/registry/http-server.ts"
import { startRegistry, type TestRegistryOptions } from "../support/registry/test-registry.ts"
import { startTokenServer, type TokenServerOptions } from "../support/registry/token-server.ts"

const layer = blob(300_000)
const config = blob(100, 2)
const ada: Credential = { username: "ada", password: "se:cret" }
const users = { ada: "se:cret" }
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function withTokens(
  tokenOptions: TokenServerOptions,
  credential?: Credential,
  rules: FaultRule[] = [],
  options: TestRegistryOptions = {},
) {
  const tokens = await startTokenServer(tokenOptions)
  const registry = await startRegistry({ auth: { kind: "token", tokens }, ...options })
  const proxy = await startFaultProxy(registry.host, rules)
  const lookups: string[] = []
  const credentials = {
    async lookup(host: string, repository: string) {
      lookups.push(`${host}/${repository}`)
      return credential
    },
  }
  const client = makeClient({ credentials })
  cleanups.push(tokens.close, registry.close, proxy.close, () => client.close())
  return { tokens, registry, proxy, client, lookups, repository: client.repository(proxy.host, "acme/edge") }
}

describe("a registry with Basic authentication", () => {
  async function withBasic(credential?: Credential) {
    const registry = await startRegistry({ auth: { kind: "basic", users } })
    const client = makeClient({ credentials: { lookup: async () => credential } })
    cleanups.push(registry.close, () => client.close())
    return { registry, repository: client.repository(registry.host, "acme/edge") }
  }

  test("is asked without a password first, and with it from then on", async () => {
    const { registry, repository } = await withBasic(ada)
    await pushImage(repository, [config, layer], "v1")
    expect(registry.log.filter(({ authorization }) => authorization === undefined)).toHaveLength(1)
    expect(registry.log.filter(({ status }) => status === 401)).toHaveLength(1)
  })

  test.each([
    ["without a login", undefined],
    ["with a wrong password", { username: "ada", password: "wrong" }],
    ["with an identity token, which is of no use there", { identityToken: "abc" }],
  ])("refuses %s, at once and without showing it", async (_, credential) => {
    const { registry, repository } = await withBasic(credential)
    const failure = await repository.push(layer.descriptor, layer.body).catch((error: Error) => error)
    expect(failure).toMatchObject({ code: "UNAUTHORIZED", hint: expect.stringContaining("docker login") })
    expect(String(failure)).not.toContain("wrong")
    expect(registry.log.length).toBeLessThanOrEqual(2)
  })
})

describe("a registry with token authentication", () => {
  test("is used with one token for each repository and its actions", async () => {
    const { tokens, repository, client, proxy, lookups } = await withTokens({ users }, ada)
    await pushImage(repository, [config, layer], "v1")
    await read(repository.fetch(layer.descriptor))
    expect(tokens.requests.map(({ scopes }) => scopes)).toEqual([
      ["repository:acme/edge:pull,push"],
      ["repository:acme/edge:pull"],
    ])
    expect(tokens.requests[0]).toMatchObject({ method: "GET", service: "test-registry" })
    await client.repository(proxy.host, "acme/other").exists(layer.descriptor)
    expect(tokens.requests).toHaveLength(3)
    expect(lookups).toEqual([`${proxy.host}/acme/edge`, `${proxy.host}/acme/other`])
  })

  test("gives tokens to anonymous readers", async () => {
    const { tokens, repository } = await withTokens({})
    await repository.push(layer.descriptor, layer.body)
    expect(tokens.requests[0]?.authorization).toBeUndefined()
  })

  test("gives tokens for an identity token, by OAuth2", async () => {
    const { tokens, repository } = await withTokens(
      { identityTokens: ["refresh-me"], field: "access_token" },
      { identityToken: "refresh-me" },
    )
    await pushImage(repository, [config, layer], "v1")
    expect(tokens.requests[0]).toMatchObject({
      method: "POST",
      grantType: "refresh_token",
      scopes: ["repository:acme/edge:pull,push"],
      authorization: undefined,
    })
  })

  test("is asked for one token by many requests at once", async () => {
    const { tokens, repository } = await withTokens({ users }, ada)
    await Promise.all(Array.from({ length: 8 }, (_, seed) => repository.exists(blob(10, seed).descriptor)))
    expect(tokens.requests).toHaveLength(1)
  })

  test("is asked for both repositories of a mount", async () => {
    const { tokens, repository, client, proxy } = await withTokens({ users }, ada)
    await client.repository(proxy.host, "acme/base").push(layer.descriptor, layer.body)
    expect(await repository.mount(layer.descriptor, "acme/base")).toBe(true)
    expect(tokens.requests.at(-1)?.scopes).toEqual([
      "repository:acme/edge:pull,push",
      "repository:acme/base:pull",
    ])
  })

  test("that does not give the other repository of a mount gets the blob instead", async () => {
    const grant = ({ repository }: { repository: string }) => repository === "acme/edge"
    const { repository } = await withTokens({ users, grant }, ada)
    expect(await repository.mount(layer.descriptor, "acme/base")).toBe(false)
    await repository.push(layer.descriptor, layer.body)
    expect(await repository.exists(layer.descriptor)).toBe(true)
  })

  test.each([
    [300, 280, 1],
    [300, 290, 2],
    [null, 40, 1],
    [null, 50, 2],
    [4, 2, 1],
    [4, 3.5, 2],
  ])(
    "whose token lasts %s seconds is asked %d seconds later for token %d",
    async (lifetime, later, count) => {
      const { tokens, repository, client } = await withTokens({ lifetime })
      await repository.exists(layer.descriptor)
      client.clock.time += later * 1000
      await repository.exists(layer.descriptor)
      expect(tokens.requests).toHaveLength(count)
    },
  )

  test("that ends a token in the middle of an upload gets a new one", async () => {
    const { tokens, repository, registry } = await withTokens({ users }, ada, [], { maxRequest: 100_000 })
    const body = async function* (offset: number) {
      for await (const chunk of layer.body(offset)) {
        if (offset === 0 && tokens.requests.length === 1) tokens.revokeAll()
        yield chunk
      }
    }
    await repository.push(layer.descriptor, body)
    expect(registry.storage.hasBlob("acme/edge", layer.descriptor.digest)).toBe(true)
    expect(tokens.requests).toHaveLength(2)
  })

  test.each([true, false])("that answers 401 to an upload (early: %s) gets it again", async (early) => {
    const { repository, registry } = await withTokens({ users }, ada, [
      { on: /^PUT/, fault: { kind: "answer", status: 401, early } },
    ])
    await repository.push(layer.descriptor, layer.body)
    expect(registry.storage.hasBlob("acme/edge", layer.descriptor.digest)).toBe(true)
  })

  test("that ends a token in the middle of a download gets a new one", async () => {
    const { tokens, repository } = await withTokens({ users }, ada, [
      { on: /^GET .*blobs/, fault: { kind: "drop download", after: 100_000 } },
    ])
    await repository.push(layer.descriptor, layer.body)
    const parts: Uint8Array[] = []
    for await (const chunk of repository.fetch(layer.descriptor)) {
      if (parts.length === 0) tokens.revokeAll()
      parts.push(chunk)
    }
    expect(Buffer.concat(parts)).toEqual(layer.bytes)
    expect(tokens.requests).toHaveLength(3)
  })

  test("that refuses every token gets one new one, and the error is shown", async () => {
    const { tokens, repository } = await withTokens({ users }, ada)
    await repository.exists(layer.descriptor)
    tokens.allows = () => false
    await expect(repository.exists(layer.descriptor)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      status: 401,
      message: expect.stringContaining("takes the login that is there for it (user ada), but not for this: "),
      hint: expect.stringMatching(
        /^the login is good, and may not do this there: check what the account may do/,
      ),
    })
    expect(tokens.requests).toHaveLength(2)
  })

  test("is told from another host that it redirects to, which refuses the request", async () => {
    const other = await startServer(async (_, response) => void response.writeHead(401).end())
    cleanups.push(other.close)
    const away: FaultRule = {
      on: /^GET .*\/blobs\//,
      times: 10,
      fault: { kind: "answer", status: 307, headers: { location: `${other.origin}/blob` } },
    }
    const { repository, proxy } = await withTokens({ users }, ada, [away])
    const failure = await read(repository.fetch(layer.descriptor)).catch((error: Error) => error)
    expect(failure).toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining(
        `${proxy.host} leads to ${new URL(other.origin).host}, which refuses what it is asked there: `,
      ),
      hint: expect.stringMatching(/^your login is not sent there: /),
    })
  })

  test("whose token server knows no such password says how to log in", async () => {
    const { tokens, repository } = await withTokens({ users }, { username: "ada", password: "guessed" })
    const failure = await repository.exists(layer.descriptor).catch((error: Error) => error)
    expect(failure).toMatchObject({ code: "UNAUTHORIZED", hint: expect.stringContaining("podman login") })
    expect(String(failure)).not.toContain("guessed")
    expect(tokens.requests).toHaveLength(1)
  })

  test("is left alone when its user stops, and others still get their token", async () => {
    const { tokens, repository } = await withTokens({ users }, ada)
    const stop = new AbortController()
    const stopped = repository.exists(layer.descriptor, { signal: stop.signal })
    const others = repository.exists(config.descriptor)
    stop.abort(new Error("changed my mind"))
    await expect(stopped).rejects.toThrow("changed my mind")
    expect(await others).toBe(false)
    expect(tokens.requests).toHaveLength(1)
  })
})

describe("a token server that cannot be trusted or used", () => {
  async function challenged(challenge: string, answer = "{}") {
    const seen: (string | undefined)[] = []
    const server = await startServer(async (request, response) => {
      seen.push(request.url)
      if (request.url?.startsWith("/token")) return void response.end(answer)
      response
        .writeHead(401, { "www-authenticate": challenge.replace("HERE", request.headers.host ?? "") })
        .end()
    })
    const client = makeClient({ credentials: { lookup: async () => ada } })
    cleanups.push(server.close, () => client.close())
    return { seen, repository: client.repository(server.host, "acme/edge") }
  }

  test.each([
    ['Bearer realm="http://tokens.example/get"', "INSECURE_LOCATION"],
    ['Bearer realm="file:///etc/passwd"', "INVALID_RESPONSE"],
    ["Bearer", "UNAUTHORIZED"],
    ["Negotiate", "UNAUTHORIZED"],
    ["", "UNAUTHORIZED"],
  ])("%s", async (challenge, code) => {
    const { repository, seen } = await challenged(challenge)
    await expect(repository.resolve("v1")).rejects.toMatchObject({ code })
    expect(seen).toHaveLength(1)
  })

  test.each([
    ["{}"],
    ["not json"],
    ['{"token":""}'],
    ['{"token":"a\\r\\nx-evil: 1"}'],
    [`{"token":"${"a".repeat(300_000)}"}`],
  ])("%.40s", async (answer) => {
    const { repository } = await challenged('Bearer realm="http://HERE/token"', answer)
    await expect(repository.resolve("v1")).rejects.toMatchObject({
      code: expect.stringMatching(/^INVALID_(DOCUMENT|RESPONSE)$/),
    })
  })
})
