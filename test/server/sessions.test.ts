import { randomBytes } from "node:crypto"
import { Agent, fetch as fetchWith } from "undici"
import { expect, test } from "vitest"
import { hashSecret, newDeviceKey, newSessionSecret, newTokenSecret } from "../../src/fleet/secret.ts"
import { openHome } from "../../src/operations/home.ts"
import { startServer } from "../../src/server/server.ts"
import { systemClock } from "../../src/system-clock.ts"
import { cookieOf, SAME_ORIGIN, signIn } from "../support/browser.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { runServer, startTestServer, type TestServer } from "../support/running-server.ts"

const SESSION = "/api/v1/session"
const json = { "content-type": "application/json" }

/** A token of the organization acme, which has the fleet acme/edge then. */
async function makeToken({ home }: TestServer, role: "viewer" | "deployer" | "admin" = "deployer") {
  const slug = "acme/edge"
  await home.fleets.createFleet({ slug }, home.change()).catch(() => undefined)
  const secret = newTokenSecret(randomBytes)
  const token = await home.access.createToken(
    { name: role, organization: "acme", role, secret },
    home.change(),
  )
  return { secret, token }
}

const problemOf = async (answer: Response) => ({
  status: answer.status,
  ...((await answer.json()) as object),
})

test("a browser that signs in with a token is who the token is, until it signs out", async () => {
  const server = await runServer()
  const { secret, token } = await makeToken(server)
  const { ask, answer } = await signIn(server.url, { secret })
  // It may be noted by now that it is used.
  const principal = { kind: "token", token: expect.objectContaining({ id: token.id, role: "deployer" }) }
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual({
    principal,
    expiresAt: expect.stringMatching(/^20.*Z$/),
  })
  expect(answer.headers.get("cache-control")).toBe("no-store")
  const shown = await ask(SESSION)
  expect(await shown.json()).toMatchObject({ principal: { token: { id: token.id, role: "deployer" } } })
  expect((await ask("/api/v1/fleets")).status).toBe(200)
  const made = await ask("/api/v1/devices", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ fleet: "acme/edge" }),
  })
  expect(made.status).toBe(201)
  expect((await server.home.fleets.listEvents("acme/edge"))[0]).toMatchObject({ actor: "deployer" })
  const out = await ask(SESSION, { method: "DELETE" })
  expect(out.status).toBe(204)
  expect(out.headers.getSetCookie()).toEqual(["waybill=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"])
  const ended = await ask(SESSION)
  expect(await problemOf(ended)).toMatchObject({
    status: 401,
    code: "UNAUTHORIZED",
    detail: "that session has ended",
  })
  expect(ended.headers.getSetCookie()).toEqual(["waybill=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict"])
})

test("the cookie is hidden from scripts and other sites, and by TLS bound to it and to the host", async () => {
  const { server: tls, authority } = await makeCertificates()
  const plain = await runServer()
  const behind = await signIn(plain.url, { secret: plain.token }, { "x-forwarded-proto": "https, http" })
  const [bare] = (await signIn(plain.url, { secret: plain.token })).answer.headers.getSetCookie()
  expect(bare).toMatch(/^waybill=wbs_[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/)
  const bound = /^__Host-waybill=wbs_[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict; Secure$/
  expect(behind.answer.headers.getSetCookie()).toEqual([expect.stringMatching(bound)])
  expect((await behind.ask(SESSION)).status).toBe(200)
  // The name that says nothing of TLS is not taken where there is some.
  const renamed = { cookie: behind.cookie.replace("__Host-", "") }
  expect((await behind.ask(SESSION, { headers: renamed })).status).toBe(401)

  const secure = await runServer({ tls: { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) } })
  const dispatcher = new Agent({ connect: { ca: authority.cert } })
  const answer = await fetchWith(`${secure.url}${SESSION}`, {
    dispatcher,
    method: "POST",
    headers: json,
    body: JSON.stringify({ secret: secure.token }),
  })
  expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(bound)])
  await dispatcher.close()
})

test("nobody signs in with the key of a device, what is no secret, or a token that is none", async () => {
  const server = await runServer()
  const { secret, token } = await makeToken(server)
  const key = newDeviceKey(randomBytes)
  await server.home.fleets.registerDevice("acme/edge", { uuid: "a".repeat(32), key }, server.home.change())
  await server.home.access.revokeToken(token.id, server.home.change())
  const wrong = [newTokenSecret(randomBytes), secret, "", "wbt_1", newSessionSecret(randomBytes)]
  for (const each of wrong) {
    const { answer } = await signIn(server.url, { secret: each })
    expect(await problemOf(answer)).toMatchObject({
      status: 401,
      code: "UNAUTHORIZED",
      detail: "that token is wrong, or was revoked",
    })
    expect(answer.headers.getSetCookie()).toEqual([])
  }
  expect(await problemOf((await signIn(server.url, { secret: key })).answer)).toMatchObject({
    status: 403,
    detail: "a device's key cannot sign in",
  })
  const code = await fetch(`${server.url}/api/v1/sign-in-codes`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
  })
  expect(await problemOf(code)).toMatchObject({ status: 403, code: "FORBIDDEN" })
})

test("a code of a token or of a session signs in once, and nobody after 5 minutes", async () => {
  const server = await runServer()
  const { secret, token } = await makeToken(server)
  const first = await signIn(server.url, { secret })
  const codes = []
  for (const ask of [
    () => first.ask("/api/v1/sign-in-codes", { method: "POST" }),
    () =>
      fetch(`${server.url}/api/v1/sign-in-codes`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}` },
      }),
  ]) {
    const answer = await ask()
    expect(answer.status).toBe(201)
    const made = (await answer.json()) as { code: string; expiresAt: string }
    expect(made).toEqual({ code: expect.stringMatching(/^wbc_[\w-]{43}$/), expiresAt: expect.any(String) })
    codes.push(made.code)
  }
  const gone = { status: 401, detail: "that code is wrong, was used, or has ended" }
  for (const code of codes) {
    const { ask } = await signIn(server.url, { code })
    expect(await (await ask(SESSION)).json()).toMatchObject({ principal: { token: { id: token.id } } })
    expect(await problemOf((await signIn(server.url, { code })).answer)).toMatchObject(gone)
  }
  const old = await runServer({ now: new Date("2026-01-01T00:00:00Z") })
  const { code } = (await (
    await fetch(`${old.url}/api/v1/sign-in-codes`, {
      method: "POST",
      headers: { authorization: `Bearer ${old.token}` },
    })
  ).json()) as { code: string }
  const { sessions } = old.home.database
  expect(
    await sessions.redeemCode(hashSecret(code), "0".repeat(64), { now: new Date("2026-01-01T00:05:00Z") }),
  ).toBeUndefined()
  expect(await problemOf((await signIn(old.url, { code })).answer)).toMatchObject(gone)
})

test("whoever guesses codes, tokens or sessions too often has to wait, and a good token signs in yet", async () => {
  const server = await runServer()
  const guess = (at: number) =>
    at % 2 === 0
      ? signIn(server.url, { code: `wbc_${"x".repeat(43)}` }).then(({ answer }) => answer)
      : fetch(server.url + SESSION, { headers: { cookie: `waybill=wbs_${"x".repeat(43)}` } })
  for (let at = 0; at < 20; at++) expect((await guess(at)).status).toBe(401)
  for (const at of [0, 1]) {
    const answer = await guess(at)
    expect(await problemOf(answer)).toMatchObject({ status: 429, code: "TOO_MANY_REQUESTS" })
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(50)
  }
  const registry = await fetch(`${server.url}/v2/`, { headers: { cookie: `waybill=wbs_${"x".repeat(43)}` } })
  expect(registry.status).toBe(429)
  expect((await signIn(server.url, { secret: server.token })).answer.status).toBe(200)
})

const FOREIGN: [string, Record<string, string>][] = [
  ["a form of another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
  ["a form of another site in a sandbox", { "sec-fetch-site": "cross-site", origin: "null" }],
  ["a page of a neighbouring name, or port", { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:1" }],
  ["an old browser with another site's page", { origin: "https://evil.example" }],
  ["an old browser with a page of a sandbox", { origin: "null" }],
]

test.each(FOREIGN)("%s changes nothing, reads nothing, and signs nobody in", async (_, headers) => {
  const server = await runServer()
  const { secret } = await makeToken(server, "admin")
  const { cookie } = await signIn(server.url, { secret })
  const ask = (path: string, method: string, type = "application/json") =>
    fetch(server.url + path, {
      method,
      headers: { ...headers, cookie, ...(method === "POST" && { "content-type": type }) },
      ...(method === "POST" && { body: JSON.stringify({ slug: "acme/made" }) }),
    })
  const refused = {
    status: 403,
    code: "FORBIDDEN",
    detail: "this comes from another origin, and is signed in by a cookie",
    hint: expect.stringContaining("send it from a page of this server"),
  }
  expect(await problemOf(await ask("/api/v1/fleets", "POST"))).toMatchObject(refused)
  expect(await problemOf(await ask("/api/v1/fleets", "POST", "text/plain"))).toMatchObject(refused)
  expect(await problemOf(await ask("/api/v1/fleets/acme/edge", "DELETE"))).toMatchObject(refused)
  expect(await problemOf(await ask(SESSION, "DELETE"))).toMatchObject(refused)
  expect(await problemOf(await ask("/api/v1/fleets", "GET"))).toMatchObject(refused)
  const upload = await ask("/v2/acme/edge/blobs/uploads/", "POST", "application/octet-stream")
  expect(await problemOf(upload)).toMatchObject({
    status: 403,
    errors: [{ code: "DENIED", message: refused.detail }],
  })
  expect((await ask("/v2/acme/edge/tags/list", "GET")).status).toBe(403)
  expect((await server.home.fleets.listFleets()).map(({ slug }) => slug)).toEqual(["acme/edge"])
  const answer = await fetch(server.url + SESSION, {
    method: "POST",
    headers: { ...json, ...headers },
    body: JSON.stringify({ secret: server.token }),
  })
  expect(await problemOf(answer)).toMatchObject({
    status: 403,
    detail: expect.stringMatching(/may not sign/),
  })
  expect(answer.headers.getSetCookie()).toEqual([])
  // Who shows a secret is no browser that was tricked.
  const bearer = { authorization: `Bearer ${secret}`, ...headers }
  expect((await fetch(`${server.url}/api/v1/fleets`, { headers: bearer })).status).toBe(200)
})

test("a change by cookie has to say that a page of this server asks: by fetch metadata, or by its origin", async () => {
  const server = await runServer()
  const { cookie } = await signIn(server.url, { secret: server.token })
  const create = async (headers: Record<string, string>) =>
    (
      await fetch(`${server.url}/api/v1/fleets`, {
        method: "POST",
        headers: { cookie, ...json, ...headers },
        body: JSON.stringify({ slug: `acme/f${randomBytes(4).toString("hex")}` }),
      })
    ).status
  expect(await create({})).toBe(403)
  expect(await create({ "sec-fetch-site": "none" })).toBe(403)
  expect(await create({ origin: server.url.replace("http:", "https:") })).toBe(403)
  expect(await create({ origin: server.url })).toBe(201)
  expect(await create(SAME_ORIGIN)).toBe(201)
  // An address that was typed, and a download by a program that a person gave the cookie.
  for (const headers of [{ "sec-fetch-site": "none" }, {}]) {
    const answer = await fetch(`${server.url}/api/v1/fleets`, { headers: { cookie, ...headers } })
    expect(answer.status).toBe(200)
  }
})

test("each sign-in has a session of its own, whatever cookie the browser brings, and the old one ends", async () => {
  const server = await runServer()
  const planted = `waybill=${newSessionSecret(randomBytes)}`
  const first = await signIn(server.url, { secret: server.token }, { cookie: planted })
  expect(first.answer.status).toBe(200)
  expect(first.cookie).not.toBe(planted)
  expect((await fetch(server.url + SESSION, { headers: { cookie: planted } })).status).toBe(401)
  const second = await signIn(server.url, { secret: server.token }, { cookie: first.cookie })
  expect(second.cookie).not.toBe(first.cookie)
  const ask = (cookie: string) => fetch(server.url + SESSION, { headers: { cookie } })
  expect((await ask(second.cookie)).status).toBe(200)
  expect((await ask(first.cookie)).status).toBe(401)
  // A neighbouring host has set one beside: nobody knows which is whose.
  expect((await ask(`${second.cookie}; ${planted}`)).status).toBe(401)
  expect((await ask(`${planted}; other=1; ${second.cookie}`)).status).toBe(401)
  expect((await ask(`other=1; ${second.cookie}; notwaybill=x`)).status).toBe(200)
})

test("a session outlives the server, and ends with its token", async () => {
  const first = await startTestServer()
  const { secret, token } = await makeToken(first)
  const { cookie } = await signIn(first.url, { secret })
  await first.stop()
  const home = await openHome({ path: first.homePath, clock: systemClock, actor: "tester" })
  const listen = { host: "127.0.0.1", port: 0 }
  const second = await startServer({ home, random: randomBytes, version: "0.0.0", listen })
  const ask = () => fetch(second.url + SESSION, { headers: { cookie } })
  expect((await ask()).status).toBe(200)
  await home.access.revokeToken(token.id, home.change())
  expect(await problemOf(await ask())).toMatchObject({ status: 401, detail: "that session has ended" })
  await second.stop()
  await home.close()
})

test("signing out everywhere ends all sessions of the token, and no others", async () => {
  const server = await runServer()
  const { secret } = await makeToken(server)
  const mine = [await signIn(server.url, { secret }), await signIn(server.url, { secret })]
  const other = await signIn(server.url, { secret: server.token })
  const out = await mine[0]?.ask("/api/v1/sessions", { method: "DELETE" })
  expect(out?.status).toBe(204)
  expect(out && cookieOf(out)).toBe("waybill=")
  for (const { ask } of mine) expect((await ask(SESSION)).status).toBe(401)
  expect((await other.ask(SESSION)).status).toBe(200)
  const again = await signIn(server.url, { secret })
  const byToken = { method: "DELETE", headers: { authorization: `Bearer ${secret}` } }
  expect((await fetch(`${server.url}/api/v1/sessions`, byToken)).status).toBe(204)
  expect((await again.ask(SESSION)).status).toBe(401)
})

test("a session uploads to the registry what its token may, and reads no more than that", async () => {
  const server = await runServer()
  const [deployer, viewer] = [await makeToken(server), await makeToken(server, "viewer")]
  await server.home.fleets.createFleet({ slug: "site/edge" }, server.home.change())
  const [may, mayNot] = [
    await signIn(server.url, { secret: deployer.secret }),
    await signIn(server.url, { secret: viewer.secret }),
  ]
  const uploads = "/v2/acme/edge/blobs/uploads/"
  expect((await may.ask("/v2/")).status).toBe(200)
  expect((await may.ask(uploads, { method: "POST" })).status).toBe(202)
  expect((await mayNot.ask(uploads, { method: "POST" })).status).toBe(403)
  expect((await may.ask(uploads.replace("acme", "site"), { method: "POST" })).status).toBe(404)
  const line = server.lines.find(({ path, status }) => path === uploads && status === 202)
  expect(line).toMatchObject({ actor: "deployer" })
  // What a cookie alone asks for is for anybody.
  const login = await may.ask("/api/v1/registry/token?scope=repository:acme/edge:pull,push")
  const { token } = (await login.json()) as { token: string }
  const pull = await fetch(`${server.url}/v2/acme/edge/tags/list`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(pull.status).toBe(401)
  await may.ask(SESSION, { method: "DELETE" })
  expect((await may.ask("/v2/")).status).toBe(401)
})

test("when a token was last used is told", async () => {
  const server = await runServer()
  const { secret } = await makeToken(server)
  const list = async () => {
    const answer = await fetch(`${server.url}/api/v1/tokens?organization=acme`, {
      headers: { authorization: `Bearer ${server.token}` },
    })
    return ((await answer.json()) as { items: { lastUsedAt: string | null }[] }).items[0]?.lastUsedAt
  }
  expect(await list()).toBeNull()
  await fetch(`${server.url}/api/v1/fleets`, { headers: { authorization: `Bearer ${secret}` } })
  // It is written behind the answer.
  let used = await list()
  while (used === null) used = await list()
  expect(Math.abs(Date.now() - Date.parse(used ?? ""))).toBeLessThan(60_000)
})

test("no secret of a session or a code gets into the log", async () => {
  const server = await runServer()
  const { ask, cookie } = await signIn(server.url, { secret: server.token })
  const { code } = (await (await ask("/api/v1/sign-in-codes", { method: "POST" })).json()) as { code: string }
  await ask(`/${code}`)
  await ask(`/${cookie}`)
  await ask(`/api/v1/session?code=${code}`)
  await server.stop()
  const log = JSON.stringify(server.lines)
  expect(log).not.toContain(code)
  expect(log).not.toContain(cookie.replace("waybill=", ""))
})
