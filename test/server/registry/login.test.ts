import { randomBytes } from "node:crypto"
import { expect, test } from "vitest"
import { newTokenSecret } from "../../../src/fleet/secret.ts"
import { pullScope } from "../../../src/server/registry-scope.ts"
import { RegistryTokens } from "../../../src/server/registry-tokens.ts"
import { runServer } from "../../support/running-server.ts"
import { Client } from "./client.ts"

const PATH = "/api/v1/registry/token"

function basic(secret: string): string {
  return `Basic ${Buffer.from(`somebody:${secret}`).toString("base64")}`
}

async function tokenOf(client: Client, path = PATH): Promise<string> {
  return (JSON.parse((await client.get(path)).text) as { token: string }).token
}

test("a client that knows only the address finds by the challenge where it gets a token", async () => {
  const server = await runServer()
  const { fleets, change } = server.home
  await fleets.createFleet({ slug: "acme/edge" }, change())
  const base = await new Client(server.url).ask("GET", "/v2/")
  expect(base).toMatchObject({ status: 401, code: "UNAUTHORIZED" })
  const challenge = base.headers.get("www-authenticate") ?? ""
  const [, realm, service] = /^Bearer realm="([^"]+)",service="([^"]+)"$/.exec(challenge) ?? []
  expect([realm, service]).toEqual([server.url + PATH, new URL(server.url).host])
  const token = await tokenOf(new Client(server.url, basic(server.token)), `${realm}?service=${service}`)
  const client = new Client(server.url, `Bearer ${token}`)
  const answer = await client.ask("GET", "/v2/")
  expect([answer.status, answer.headers.get("docker-distribution-api-version")]).toEqual([
    200,
    "registry/2.0",
  ])
  expect((await client.ask("GET", "/v2/acme/edge/tags/list")).status).toBe(200)
})

test.each(["https", "https, http", "https,https"])(
  "behind proxies that say %s, the challenge keeps the secret on HTTPS",
  async (forwarded) => {
    const server = await runServer()
    const { headers } = await new Client(server.url).ask("GET", "/v2/", {
      headers: { "x-forwarded-proto": forwarded },
    })
    expect(headers.get("www-authenticate")).toContain('realm="https://127.0.0.1:')
  },
)

const SCOPE = "repository:acme/edge"

test("a token that was asked for to pull alone pulls from that repository, and does nothing else", async () => {
  const server = await runServer()
  const { fleets, change } = server.home
  for (const slug of ["acme/edge", "acme/dock"] as const) await fleets.createFleet({ slug }, change())
  const root = new Client(server.url, basic(server.token))
  const digest = await root.pushBlob("acme/edge", Buffer.from("blob"))
  await root.pushBlob("acme/dock", Buffer.from("blob"))
  const form = { password: server.token, scope: `${SCOPE}:pull` }
  const posted = await new Client(server.url).ask("POST", PATH, {
    body: new URLSearchParams(form).toString(),
  })
  const tokens = [
    await tokenOf(root, `${PATH}?scope=${SCOPE}:pull`),
    await tokenOf(root, `${PATH}?service=x&scope=${SCOPE}:pull&scope=repository:acme/none:pull`),
    await tokenOf(root, `${PATH}?scope=${SCOPE}:pull+repository:acme/none:pull`),
    (JSON.parse(posted.text) as { token: string }).token,
  ]
  for (const token of tokens) {
    const client = new Client(server.url, `Bearer ${token}`)
    expect((await client.ask("GET", "/v2/")).status).toBe(200)
    expect((await client.get(`/v2/acme/edge/blobs/${digest}`)).text).toBe("blob")
    const refused = [
      ["POST", "/v2/acme/edge/blobs/uploads/", `${SCOPE}:pull,push`],
      ["POST", `/v2/acme/edge/blobs/uploads/?mount=${digest}&from=acme/dock`, `${SCOPE}:pull,push`],
      ["PUT", "/v2/acme/edge/manifests/1", `${SCOPE}:pull,push`],
      ["DELETE", `/v2/acme/edge/blobs/${digest}`, `${SCOPE}:pull,push,delete`],
      ["GET", `/v2/acme/dock/blobs/${digest}`, "repository:acme/dock:pull"],
      ["GET", `/v2/none/dock/blobs/${digest}`, "repository:none/dock:pull"],
      ["GET", "/v2/_catalog", "registry:catalog:*"],
    ] as const
    for (const [method, path, scope] of refused) {
      const answer = await client.ask(method, path)
      expect(answer, `${method} ${path}`).toMatchObject({ status: 401, code: "UNAUTHORIZED" })
      const challenge = answer.headers.get("www-authenticate")
      expect(challenge).toContain(`scope="${scope}"`)
      expect(challenge).toContain('error="insufficient_scope"')
    }
  }
  expect((await root.ask("GET", "/v2/acme/edge/tags/list")).status).toBe(200)
})

test.each([
  "",
  "scope=",
  `scope=${SCOPE}:pull,push`,
  `scope=${SCOPE}:pull&scope=repository:acme/dock:push`,
  "scope=x",
])(
  "a token that was asked for with %j is good for all that its secret is: some clients send the one they have",
  async (query) => {
    const server = await runServer()
    const { fleets, change } = server.home
    for (const slug of ["acme/edge", "acme/dock"] as const) await fleets.createFleet({ slug }, change())
    const token = await tokenOf(new Client(server.url, basic(server.token)), `${PATH}?${query}`)
    const client = new Client(server.url, `Bearer ${token}`)
    await client.pushBlob("acme/edge", Buffer.from("blob"))
    await client.pushBlob("acme/dock", Buffer.from("blob"))
    expect((await client.ask("GET", "/v2/_catalog")).status).toBe(200)
  },
)

test("a token buys no other: neither more than it may, nor more time", async () => {
  const server = await runServer()
  const root = new Client(server.url, basic(server.token))
  for (const query of ["", `?scope=${SCOPE}:pull`]) {
    const token = new Client(server.url, `Bearer ${await tokenOf(root, PATH + query)}`)
    expect(await token.ask("GET", PATH)).toMatchObject({ status: 401, code: "UNAUTHORIZED" })
    expect(
      await token.ask("POST", PATH, { body: new URLSearchParams({ password: server.token }).toString() }),
    ).toMatchObject({ status: 401 })
  }
  const anybody = new Client(server.url, `Bearer ${await tokenOf(new Client(server.url))}`)
  expect(await anybody.ask("GET", PATH)).toMatchObject({ status: 401, code: "UNAUTHORIZED" })
})

test("a challenge names what was tried, by its path alone", async () => {
  const server = await runServer()
  const challenge = async (method: string, path: string) =>
    (await new Client(server.url).ask(method, path)).headers.get("www-authenticate") ?? ""
  expect(await challenge("GET", "/v2/none/edge/tags/list")).toContain('scope="repository:none/edge:pull"')
  expect(await challenge("POST", "/v2/none/edge/blobs/uploads/")).toContain(":pull,push")
  expect(await challenge("GET", "/v2/none/edge/blobs/uploads/x")).toContain(':pull,push"')
  expect(await challenge("DELETE", "/v2/none/edge/manifests/1")).toContain(":pull,push,delete")
  expect(await challenge("GET", "/v2/")).not.toContain("scope")
  expect(await challenge("GET", "/v2/None/tags/list")).not.toContain("scope")
})

test("with the token for anybody, the challenge names what a login is needed for", async () => {
  const server = await runServer()
  const token = await tokenOf(new Client(server.url))
  const anybody = new Client(server.url, `Bearer ${token}`)
  expect((await anybody.ask("GET", "/v2/")).status).toBe(200)
  const answer = await anybody.ask("GET", "/v2/acme/edge/tags/list")
  expect(answer).toMatchObject({ status: 401, code: "UNAUTHORIZED" })
  expect(answer.headers.get("www-authenticate")).toContain('scope="repository:acme/edge:pull"')
})

test.each([
  ["a wrong secret", basic(newTokenSecret(randomBytes))],
  ["no secret at all", basic("")],
  ["Basic without anything", "Basic"],
  ["Basic that is no base64", "Basic %%%%"],
  ["a token that was never given", `Bearer wbr_${"x".repeat(43)}`],
  ["a device's key that was never given", `Bearer wbd_${"x".repeat(43)}`],
  ["another kind of login", `Digest username="x"`],
  ["two words too many", "Bearer a b c"],
])("%s opens nothing, and is told so", async (_, authorization) => {
  const server = await runServer()
  const client = new Client(server.url, authorization)
  for (const path of ["/v2/", "/v2/acme/edge/tags/list", PATH]) {
    const answer = await client.ask("GET", path)
    expect(answer, path).toMatchObject({ status: 401, code: "UNAUTHORIZED" })
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"')
  }
})

test("a form with a refresh token is a login; one without a password is none", async () => {
  const server = await runServer()
  const ask = (form: Record<string, string>) =>
    new Client(server.url).ask("POST", PATH, {
      body: new URLSearchParams(form).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    })
  const refreshed = await ask({ grant_type: "refresh_token", refresh_token: server.token })
  expect(refreshed.status).toBe(200)
  expect(refreshed.headers.get("cache-control")).toBe("no-store")
  expect(JSON.parse(refreshed.text)).toMatchObject({ expires_in: 300, access_token: expect.any(String) })
  expect(await ask({ grant_type: "password" })).toMatchObject({ status: 401, code: "UNAUTHORIZED" })
  expect(await ask({ password: "x".repeat(70_000) })).toMatchObject({ status: 413, code: "SIZE_INVALID" })
  const wrong = await new Client(server.url, basic(server.token)).ask("PUT", PATH, { body: "x" })
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, POST"])
})

test("a token ends after five minutes", async () => {
  const now = new Date("2026-01-01T00:00:00Z")
  const server = await runServer({ now })
  const client = new Client(
    server.url,
    `Bearer ${await tokenOf(new Client(server.url, basic(server.token)))}`,
  )
  now.setTime(now.getTime() + 299_999)
  expect((await client.ask("GET", "/v2/")).status).toBe(200)
  now.setTime(now.getTime() + 1)
  expect((await client.ask("GET", "/v2/")).status).toBe(401)
})

test("whoever fails to log in too often has to wait; a good secret from there works on", async () => {
  const server = await runServer()
  const wrong = new Client(server.url, basic(newTokenSecret(randomBytes)))
  const statuses: number[] = []
  for (let attempt = 0; attempt < 20; attempt++) statuses.push((await wrong.ask("GET", "/v2/")).status)
  expect(statuses).toEqual(Array(20).fill(401))
  const refused = await wrong.ask("GET", "/v2/")
  expect(refused).toMatchObject({ status: 429, code: "TOOMANYREQUESTS" })
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0)
  expect((await new Client(server.url, basic(server.token)).ask("GET", "/v2/")).status).toBe(200)
})

test("whoever asks for tokens without end displaces none of those who log in", () => {
  const tokens = new RegistryTokens(randomBytes, () => 0)
  const [own, first] = [tokens.issue("a hash"), tokens.issue(undefined)]
  for (let asked = 0; asked < 50_000; asked++) tokens.issue(undefined)
  expect(tokens.find(first)).toBeUndefined()
  expect(tokens.find(own)).toMatchObject({ secretHash: "a hash" })
})

test("whoever logs in and asks without end loses their own tokens, and none of another's", () => {
  const tokens = new RegistryTokens(randomBytes, () => 0)
  const ask = (secret: string, times: number) =>
    Array.from({ length: times }, () => tokens.issue(secret, new Set(["acme/edge"])))
  const [other = ""] = ask("another's hash", 1)
  const [first = "", ...own] = ask("a hash", 2501)
  expect(tokens.find(first)).toBeUndefined()
  expect(own.every((token) => tokens.find(token)?.secretHash === "a hash")).toBe(true)
  // Many together fill what there is for all.
  const crowd = Array.from({ length: 20 }, (_, number) => ask(`hash ${number}`, 2500)).flat()
  expect(crowd.filter((token) => tokens.find(token) !== undefined).length).toBeLessThan(50_000)
  expect(tokens.find(other)).toMatchObject({ secretHash: "another's hash" })
})

test("what is remembered of a token is little, whatever was asked for, and never opens more for that", () => {
  const long = `repository:acme/${"x".repeat(300)}:pull`
  const many = Array.from({ length: 500 }, (_, number) => `repository:acme/fleet-${number}:pull`)
  expect([...(pullScope([long, "repository:acme/edge:pull"]) ?? [])]).toEqual(["acme/edge"])
  expect([...(pullScope([long]) ?? ["all"])]).toEqual([])
  expect([...(pullScope(many) ?? ["all"])]).toEqual(
    Array.from({ length: 10 }, (_, number) => `acme/fleet-${number}`),
  )
  expect(pullScope([...many, "repository:acme/edge:pull,push"])).toBeUndefined()
})

test("tokens that have ended are no failed logins, however many come from one address", async () => {
  const now = new Date("2026-01-01T00:00:00Z")
  const server = await runServer({ now })
  const client = new Client(
    server.url,
    `Bearer ${await tokenOf(new Client(server.url, basic(server.token)))}`,
  )
  now.setTime(now.getTime() + 300_000)
  const statuses: number[] = []
  for (let attempt = 0; attempt < 30; attempt++) statuses.push((await client.ask("GET", "/v2/")).status)
  expect(statuses).toEqual(Array(30).fill(401))
})

test("no secret and no token gets into the log", async () => {
  const server = await runServer()
  const token = await tokenOf(new Client(server.url, basic(server.token)))
  for (const path of [`/v2/${server.token}/tags/list?token=${token}`, `/v2/${token}/tags/list`]) {
    await new Client(server.url, `Bearer ${token}`).ask("GET", path)
  }
  await new Client(server.url).ask("POST", PATH, { body: `password=${server.token}` })
  const log = JSON.stringify(server.lines)
  expect(server.lines).toHaveLength(4)
  for (const secret of [server.token, token]) expect(log).not.toContain(secret)
})
