import { connect as connectSocket } from "node:net"
import { Agent, fetch as fetchWith } from "undici"
import { expect, test } from "vitest"
import { printNewRelease } from "../../src/api/release.ts"
import { collect } from "../../src/content/read-document.ts"
import { startServer } from "../../src/server/server.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleFailure, sampleRelease } from "../fleet/sample-release.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

function ask(server: TestServer, path: string, options: RequestInit = {}): Promise<Response> {
  const headers = {
    authorization: `Bearer ${server.token}`,
    ...(options.body != null && { "content-type": "application/json" }),
    ...options.headers,
  }
  return fetch(`${server.url}/api/v1/${path}`, { ...options, headers })
}

async function withReleases(...seeds: string[]): Promise<TestServer> {
  const server = await runServer()
  const { fleets, change } = server.home
  await fleets.createFleet({ slug: "acme/edge", registry: "registry.example" }, change())
  for (const seed of seeds) await fleets.recordRelease("acme/edge", sampleRelease(seed), change())
  return server
}

test("a device that has its target gets 304 and no body, until there is another", async () => {
  const server = await withReleases("a")
  const { fleets, change } = server.home
  const device = sampleDevice(1)
  await fleets.registerDevice("acme/edge", device, change())
  const poll = (etag = "") =>
    ask(server, `devices/${device.uuid}/target`, {
      headers: { authorization: `Bearer ${device.key}`, "if-none-match": etag },
    })
  const first = await poll()
  const etag = first.headers.get("etag") ?? ""
  expect(await first.json()).toMatchObject({
    release: { commit: sampleRelease("a").commit },
    isPinned: false,
  })
  const again = await poll(etag)
  expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag])
  await fleets.recordRelease("acme/edge", sampleRelease("b"), change())
  const changed = await poll(etag)
  expect(await changed.json()).toMatchObject({ release: { commit: sampleRelease("b").commit } })
  const [pinned] = await fleets.listReleases("acme/edge", { limit: 1 })
  await fleets.pinDevices([device.uuid], pinned?.id ?? 0, change())
  expect((await poll(changed.headers.get("etag") ?? "")).status).toBe(200)
})

test("of two changes that both have seen the same fleet, one is done", async () => {
  const server = await withReleases("a", "b")
  const [newest, oldest] = await server.home.fleets.listReleases("acme/edge")
  const etag = (await ask(server, "fleets/acme/edge")).headers.get("etag") ?? ""
  const pin = (release = 0) =>
    ask(server, "fleets/acme/edge/policy", {
      method: "PUT",
      body: JSON.stringify({ policy: "pinned", release }),
      headers: { "if-match": etag },
    })
  const statuses = (await Promise.all([pin(newest?.id), pin(oldest?.id)])).map(({ status }) => status)
  expect(statuses.toSorted()).toEqual([200, 412])
  expect((await pin(oldest?.id)).status).toBe(412)
})

test("a change that has seen a device is done though the device has reported since", async () => {
  const server = await withReleases("a")
  const { fleets, change } = server.home
  const device = await fleets.registerDevice("acme/edge", sampleDevice(1), change())
  const path = `devices/${device.uuid}`
  const etag = (await ask(server, path)).headers.get("etag") ?? ""
  const [release] = await fleets.listReleases("acme/edge")
  await fleets.reportRelease(device.uuid, release?.commit ?? null, { now: new Date() })
  expect((await ask(server, path)).headers.get("etag")).not.toBe(etag)
  const pin = () =>
    ask(server, `${path}/policy`, {
      method: "PUT",
      body: JSON.stringify({ policy: "pinned", release: release?.id }),
      headers: { "if-match": etag },
    })
  expect((await pin()).status).toBe(200)
  expect((await pin()).status).toBe(412)
})

test("a release that is recorded again with its idempotency key is the same release", async () => {
  const server = await withReleases()
  const record = (seed: string) =>
    ask(server, "fleets/acme/edge/releases", {
      method: "POST",
      body: JSON.stringify(printNewRelease(sampleRelease(seed), { origin: "import" })),
      headers: { "idempotency-key": "once" },
    })
  const first = await record("a")
  const again = await record("a")
  expect([first.status, again.status]).toEqual([201, 201])
  expect(await again.json()).toEqual(await first.json())
  const other = await record("b")
  expect([other.status, await other.json()]).toMatchObject([422, { code: "IDEMPOTENCY_KEY_REUSED" }])
  expect(await server.home.fleets.listReleases("acme/edge")).toHaveLength(1)
})

test("a list is read to its end page by page, while it grows", async () => {
  const server = await withReleases()
  const { fleets, change } = server.home
  for (let at = 0; at < 7; at++) await fleets.registerDevice("acme/edge", sampleDevice(at), change())
  const seen: string[] = []
  let cursor = ""
  for (let page = 0; cursor !== "end"; page++) {
    const answer = await ask(server, `devices?limit=3${cursor && `&cursor=${cursor}`}`)
    const { items, next } = (await answer.json()) as { items: { uuid: string }[]; next: string | null }
    seen.push(...items.map(({ uuid }) => uuid))
    if (page === 0) await fleets.registerDevice("acme/edge", sampleDevice(7), change())
    cursor = next ?? "end"
  }
  expect(seen).toEqual(Array.from({ length: 8 }, (_, at) => uuidOf(at)))
})

test("what is asked for in capitals is found as it is in lower case", async () => {
  const server = await withReleases("a")
  await server.home.fleets.registerDevice("acme/edge", sampleDevice(1), server.home.change())
  const { commit } = sampleRelease("a")
  for (const path of [
    `fleets/Acme/Edge/releases?commit=${commit.toUpperCase()}`,
    `releases?commit=${commit.toUpperCase()}&fleet=Acme/Edge`,
    "devices?fleet=Acme/Edge",
  ]) {
    const answer = await ask(server, path)
    expect([path, answer.status, await answer.json()]).toMatchObject([path, 200, { items: [{ id: 1 }] }])
  }
})

test("of what a version names, a status is found whatever the limit; and without one all are on one page", async () => {
  const server = await withReleases(...Array.from({ length: 101 }, (_, at) => `${at}`))
  const { fleets, change } = server.home
  await fleets.recordUnsuccessfulRelease("acme/edge", sampleFailure("failed"), change())
  const find = async (query: string) => {
    const answer = await ask(server, `fleets/acme/edge/releases?version=1.2.3${query}`)
    return ((await answer.json()) as { items: { status: string }[] }).items.map(({ status }) => status)
  }
  expect(await find("&status=failed&limit=1")).toEqual(["failed"])
  expect(await find("&limit=2")).toEqual(["success", "success"])
  expect(await find("&status=success&limit=3")).toHaveLength(3)
  expect(await find("")).toHaveLength(102)
})

test("whoever fails to log in too often has to wait; a good token from there works on", async () => {
  const server = await withReleases()
  const wrong = { headers: { authorization: `Bearer wbt_${"x".repeat(43)}` } }
  const statuses = []
  for (let attempt = 0; attempt < 21; attempt++) statuses.push((await ask(server, "fleets", wrong)).status)
  expect(statuses).toEqual([...Array(20).fill(401), 429])
  const last = await ask(server, "fleets", wrong)
  expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0)
  expect((await ask(server, "fleets")).status).toBe(200)
})

test("the log has a line for each request, and no secret", async () => {
  const server = await withReleases("a")
  const made = await ask(server, "devices", { method: "POST", body: '{"fleet":"acme/edge"}' })
  const { device, key } = (await made.json()) as { device: { uuid: string }; key: string }
  await ask(server, `devices/${device.uuid}/target`, { headers: { authorization: `Bearer ${key}` } })
  await ask(server, `devices/${server.token}?x=${key}`)
  await ask(server, "fleets", { headers: { authorization: `Bearer ${key}wrong` } })
  expect(server.lines).toMatchObject([
    { method: "POST", path: "/api/v1/devices", status: 201, actor: "administrator", organization: null },
    { method: "GET", status: 200, actor: `device ${device.uuid}`, organization: "acme" },
    { status: 400, error: expect.any(String) },
    { status: 401, address: "127.0.0.1" },
  ])
  expect(server.lines.map(({ id }) => id)).toContain(made.headers.get("x-request-id"))
  for (const secret of [server.token, key]) expect(JSON.stringify(server.lines)).not.toContain(secret)
})

test("every answer has the id of its line in the log, and is kept by no cache", async () => {
  const server = await withReleases("a")
  const device = sampleDevice(1)
  await server.home.fleets.registerDevice("acme/edge", device, server.home.change())
  const target = `devices/${device.uuid}/target`
  const etag = (await ask(server, target)).headers.get("etag") ?? ""
  const answers = [
    await ask(server, "fleets"),
    await ask(server, "fleets/acme/edge"),
    await ask(server, target),
    await ask(server, `${target}?format=compose`),
    await ask(server, target, { headers: { "if-none-match": etag } }),
    await ask(server, "fleets/acme/none"),
  ]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 304, 404])
  for (const { headers } of answers) {
    expect(server.lines.map(({ id }) => id)).toContain(headers.get("x-request-id"))
    expect(headers.get("cache-control")).toBe("no-store")
    expect(headers.get("x-content-type-options")).toBe("nosniff")
  }
})

test("metrics are in the form of Prometheus", async () => {
  const server = await withReleases()
  await ask(server, "fleets/acme/edge")
  await fetch(`${server.url}/api/v1/fleets`, { headers: { authorization: "Bearer nonsense" } })
  const answer = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Bearer ${server.token}` },
  })
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=/)
  const text = await answer.text()
  expect(text).toMatch(
    /^waybill_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/fleets\/:organization\/:name",status="200"\} 1$/m,
  )
  expect(text).toMatch(/^waybill_failed_logins_total 1$/m)
})

test("a server with a certificate speaks TLS, and nothing else", async () => {
  const { server: certificate, authority } = await makeCertificates()
  const server = await runServer({
    tls: { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) },
  })
  expect(server.url).toMatch(/^https:/)
  const dispatcher = new Agent({ connect: { ca: authority.cert, servername: "localhost" } })
  expect((await fetchWith(`${server.url}/healthz`, { dispatcher })).status).toBe(200)
  await dispatcher.close()
  await expect(fetch(`${server.url.replace("https", "http")}/healthz`)).rejects.toThrow()
})

test("a server does not listen beyond its machine in the clear, unless that is asked for", async () => {
  const { home } = await runServer()
  const options = { home, random: Buffer.alloc, version: "0", listen: { host: "0.0.0.0", port: 0 } }
  await expect(startServer(options)).rejects.toMatchObject({ code: "INSECURE_ADDRESS" })
  const open = await startServer({ ...options, plainHttp: true })
  expect(open.isInsecure).toBe(true)
  await open.stop()
})

test("a port in use is named", async () => {
  const { home, url } = await runServer()
  const listen = { host: "127.0.0.1", port: Number(new URL(url).port) }
  await expect(startServer({ home, random: Buffer.alloc, version: "0", listen })).rejects.toMatchObject({
    code: "ADDRESS_IN_USE",
    message: expect.stringContaining(String(listen.port)),
  })
})

test("a server that stops finishes what it has begun, and takes nothing new", async () => {
  const server = await withReleases("a")
  const { hostname, port } = new URL(server.url)
  const socket = connectSocket(Number(port), hostname)
  const body = JSON.stringify({ policy: "track-latest" })
  const head = `PUT /api/v1/fleets/acme/edge/policy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  const answer = collect(socket)
  await new Promise<void>((resolve) => socket.write(head + body.slice(0, 5), () => resolve()))
  // Its head has come when the gauge of running requests shows it beside the one that asks.
  const running = async () => {
    const metrics = await fetch(`${server.url}/metrics`, {
      headers: { authorization: `Bearer ${server.token}` },
    })
    return /^waybill_http_requests_running (\d+)$/m.exec(await metrics.text())?.[1]
  }
  while ((await running()) !== "2");
  const stopped = server.stop()
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  socket.write(body.slice(5))
  expect(Buffer.from(await answer).toString()).toMatch(/^HTTP\/1\.1 200 /)
  await stopped
})
