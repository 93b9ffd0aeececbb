import { randomBytes } from "node:crypto"
import { expect, onTestFinished, test } from "vitest"
import { type ChangeData, changeSchema } from "../../src/api/change.ts"
import { newDeviceKey, newTokenSecret } from "../../src/fleet/secret.ts"
import { SESSION_LIFETIME } from "../../src/fleet/session.ts"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { signIn } from "../support/browser.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

const CHANGES = "/api/v1/changes"
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

/** A stream of events, read as WHATWG HTML, section 9.2.6 says. */
class Events {
  readonly answer: Response
  lastId = ""
  comments = 0
  readonly times: number[] = []
  readonly #reader: ReadableStreamDefaultReader<string>
  #text = ""

  constructor(answer: Response) {
    this.answer = answer
    this.#reader = (answer.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
      .getReader()
    onTestFinished(() => this.#reader.cancel().catch(() => undefined))
  }

  static async open(server: TestServer, headers: Record<string, string>): Promise<Events> {
    const events = new Events(await fetch(server.url + CHANGES, { headers }))
    // The head of a stream says where it begins.
    expect(await events.#block()).toMatch(/^retry: 1000\nid: \d+$/)
    return events
  }

  /** The data of the next event; `undefined` at the end of the stream. */
  async next(): Promise<ChangeData | undefined> {
    for (;;) {
      const block = await this.#block()
      if (block === undefined) return undefined
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data === undefined) continue
      this.times.push(performance.now())
      return changeSchema.parse(JSON.parse(data))
    }
  }

  async #block(): Promise<string | undefined> {
    while (!this.#text.includes("\n\n")) {
      const { value, done } = await this.#reader.read()
      if (done) return undefined
      this.#text += value
    }
    const [block = "", ...rest] = this.#text.split("\n\n")
    this.#text = rest.join("\n\n")
    this.lastId = /^id: (.*)$/m.exec(block)?.[1] ?? this.lastId
    if (block.startsWith(":")) this.comments++
    return block
  }

  async untilComment(): Promise<void> {
    while (this.comments === 0) await this.#block()
  }

  close(): Promise<void> {
    return this.#reader.cancel()
  }
}

async function makeFleet({ home }: TestServer, slug: FleetSlug): Promise<void> {
  await home.fleets.createFleet({ slug, registry: "registry.example" }, home.change())
}

async function makeToken({ home }: TestServer, organization = "acme") {
  const secret = newTokenSecret(randomBytes)
  const token = { name: "ci", organization, role: "viewer", secret } as const
  return { secret, id: (await home.access.createToken(token, home.change())).id }
}

const register = ({ home }: TestServer, fleet: FleetSlug, uuid = randomBytes(16).toString("hex")) =>
  home.fleets.registerDevice(fleet, { uuid, key: newDeviceKey(randomBytes) }, home.change())

test("a page hears what to ask again of what it may see, and of nothing else", async () => {
  const server = await runServer()
  await makeFleet(server, "acme/edge")
  await makeFleet(server, "site/edge")
  const { secret } = await makeToken(server)
  const { cookie } = await signIn(server.url, { secret })
  const events = await Events.open(server, { cookie, "sec-fetch-site": "same-origin" })
  expect(events.answer.headers.get("content-type")).toBe("text/event-stream")
  expect(events.answer.headers.get("cache-control")).toBe("no-store")
  const { uuid } = await register(server, "site/edge")
  await register(server, "acme/edge", uuid)
  expect(await events.next()).toEqual({ fleet: "acme/edge", of: ["devices", "history"] })
  await server.home.fleets.reportRelease(uuid, null, { now: new Date(), organization: "acme" })
  expect(await events.next()).toEqual({ fleet: "acme/edge", of: ["devices"] })
  await server.home.fleets.setPublic("acme/edge", true, server.home.change())
  expect(await events.next()).toEqual({ fleet: "acme/edge", of: ["fleet", "releases", "devices", "history"] })
})

test("what comes faster than twice a second is told as one, and of many fleets as all", async () => {
  const server = await runServer()
  for (const name of ["a", "b", "c", "d", "e", "f"]) await makeFleet(server, `acme/${name}`)
  const events = await Events.open(server, bearer(server.token))
  for (let each = 0; each < 20; each++) {
    await register(server, "acme/a")
    if (each % 5 === 0) await server.home.fleets.setPublic("acme/b", each % 10 === 0, server.home.change())
  }
  await register(server, "acme/c")
  const heard: ChangeData[] = []
  while (!heard.some((data) => "fleet" in data && data.fleet === "acme/c")) {
    const data = await events.next()
    if (data !== undefined) heard.push(data)
  }
  expect(heard.length).toBeLessThan(12)
  for (const name of ["a", "b", "c", "d", "e", "f"]) await register(server, `acme/${name}`)
  while (!heard.some((data) => "all" in data)) {
    const data = await events.next()
    if (data !== undefined) heard.push(data)
  }
  const gaps = events.times.slice(1).map((time, at) => time - (events.times[at] ?? 0))
  // Three in a row take a second: what one waited for in the network is missing from the next gap.
  for (const [at, gap] of gaps.slice(1).entries()) expect(gap + (gaps[at] ?? 0)).toBeGreaterThan(900)
})

test("whoever comes back hears what was missed, once for each fleet, or that it is too long ago", async () => {
  const server = await runServer()
  for (const name of ["a", "b"]) await makeFleet(server, `acme/${name}`)
  const first = await Events.open(server, bearer(server.token))
  await first.close()
  for (let each = 0; each < 3; each++) await register(server, "acme/a")
  const again = await Events.open(server, { ...bearer(server.token), "last-event-id": first.lastId })
  const heard = [await again.next(), await again.next()]
  expect(heard.find((data) => data && "fleet" in data && data.fleet === "acme/a")).toMatchObject({
    of: expect.arrayContaining(["devices", "history"]),
  })
  for (const id of ["0", String(Number(first.lastId) - 2 * 3_600_000), "99999999999999", "x"]) {
    const late = await Events.open(server, { ...bearer(server.token), "last-event-id": id })
    expect(await late.next()).toEqual({ all: true })
  }
})

test("a stream without news says so, and the position goes on", async () => {
  const server = await runServer({ limits: { heartbeat: 100 } })
  const events = await Events.open(server, bearer(server.token))
  const begin = events.lastId
  await events.untilComment()
  expect(Number(events.lastId)).toBeGreaterThan(Number(begin))
})

test("a stream ends with the token, with the session, and with the server", async () => {
  const server = await runServer()
  await makeFleet(server, "acme/edge")
  const { secret, id } = await makeToken(server)
  const [one, two] = [await signIn(server.url, { secret }), await signIn(server.url, { secret })]
  const byToken = await Events.open(server, bearer(secret))
  const bySession = await Events.open(server, { cookie: one.cookie })
  const byOther = await Events.open(server, { cookie: two.cookie })
  const byRoot = await Events.open(server, bearer(server.token))
  await one.ask("/api/v1/session", { method: "DELETE" })
  expect(await bySession.next()).toBeUndefined()
  await server.home.access.revokeToken(id, server.home.change())
  expect(await byOther.next()).toBeUndefined()
  expect(await byToken.next()).toBeUndefined()
  await register(server, "acme/edge")
  expect(await byRoot.next()).toMatchObject({ fleet: "acme/edge" })
  await Promise.all([server.stop(), expect(byRoot.next()).resolves.toBeUndefined()])
})

test("a stream on which much is told ends with its session all the same", async () => {
  let time = Date.now()
  const server = await runServer({ clock: () => time, limits: { heartbeat: 1000 } })
  await makeFleet(server, "acme/edge")
  const { secret } = await makeToken(server)
  const { cookie } = await signIn(server.url, { secret })
  const events = await Events.open(server, { cookie })
  time += SESSION_LIFETIME
  let heard = 0
  do await register(server, "acme/edge")
  while ((await events.next()) !== undefined && ++heard < 8)
  expect(heard).toBeLessThan(8)
})

test("another process that works in the same home is heard of, and a token that it revokes", async () => {
  const server = await runServer()
  await makeFleet(server, "acme/edge")
  const { secret, id } = await makeToken(server)
  const other = await openHome({ path: server.homePath, clock: systemClock, actor: "other" })
  const events = await Events.open(server, bearer(secret))
  await register({ ...server, home: other }, "acme/edge")
  expect(await events.next()).toEqual({ fleet: "acme/edge", of: ["devices", "history"] })
  await other.access.revokeToken(id, other.change())
  expect(await events.next()).toBeUndefined()
  await other.close()
})

test("whoever asks for the head alone gets it, and takes no stream", async () => {
  const server = await runServer({ limits: { streamsOfOne: 1 } })
  for (let each = 0; each < 3; each++) {
    const head = await fetch(server.url + CHANGES, { method: "HEAD", headers: bearer(server.token) })
    expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"])
  }
  await Events.open(server, bearer(server.token))
})

test("streams are limited, of one token and of all, and a device's key hears nothing", async () => {
  const server = await runServer({ limits: { streams: 3, streamsOfOne: 2 } })
  await makeFleet(server, "acme/edge")
  const [one, two] = [await makeToken(server), await makeToken(server)]
  const ask = (secret: string) => fetch(server.url + CHANGES, { headers: bearer(secret) })
  const first = await Events.open(server, bearer(one.secret))
  await Events.open(server, bearer(one.secret))
  const own = await ask(one.secret)
  expect([own.status, own.headers.get("retry-after"), await own.json()]).toMatchObject([
    429,
    expect.stringMatching(/^\d+$/),
    { code: "TOO_MANY_REQUESTS" },
  ])
  await Events.open(server, bearer(two.secret))
  const all = await ask(two.secret)
  expect([all.status, all.headers.get("retry-after"), await all.json()]).toMatchObject([
    503,
    expect.stringMatching(/^\d+$/),
    { code: "SERVER_BUSY" },
  ])
  await first.close()
  // The server hears of it when the connection ends.
  let status = 503
  while (status === 503) {
    const answer = await ask(two.secret)
    status = answer.status
    await answer.body?.cancel()
  }
  expect(status).toBe(200)
  const key = newDeviceKey(randomBytes)
  const device = { uuid: "a".repeat(32), key }
  await server.home.fleets.registerDevice("acme/edge", device, server.home.change())
  expect((await ask(key)).status).toBe(403)
})
