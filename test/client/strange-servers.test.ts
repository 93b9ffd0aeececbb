import type { IncomingMessage, ServerResponse } from "node:http"
import { setTimeout } from "node:timers/promises"
import { expect, onTestFinished, test } from "vitest"
import { type ConnectOptions, connect } from "../../src/client/connect.ts"
import { parseFleetSlug } from "../../src/fleet/slug.ts"
import { secretOf } from "../fleet/sample-device.ts"
import { makeCertificates } from "../support/registry/certificates.ts"
import { type Handler, type ServerTls, startServer } from "../support/registry/http-server.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { runServer } from "../support/running-server.ts"

const token = secretOf("nobody")

/** A client of whatever answers, which both end with the test. */
async function clientOf(handler: Handler, options: Partial<ConnectOptions> = {}, tls?: ServerTls) {
  const server = await startServer(handler, tls)
  const clock = new TestClock()
  const context = await connect({ url: server.origin, token, clock, ...options })
  onTestFinished(async () => {
    await context.close()
    await server.close()
  })
  return { context, clock, server }
}

const answer =
  (status: number, type: string, body: string | Buffer, headers: Record<string, string> = {}): Handler =>
  async (_, response) => {
    response.writeHead(status, { "content-type": type, ...headers }).end(body)
  }

const problem = (status: number, code: string) =>
  JSON.stringify({ type: "about:blank", title: "Title", status, code, detail: "the detail" })

/** Sends without an end, until nobody takes it. */
async function flood(_: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/json" })
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, " ")));
  }
  response.on("drain", more)
  more()
}

test.for<[string, Handler, string, RegExp]>([
  ["a proxy's page", answer(200, "text/html", "<html>log in</html>"), "INVALID_ANSWER", /text\/html/],
  ["another program's 404", answer(404, "text/plain", "no"), "INVALID_ANSWER", /status 404/],
  ["no JSON", answer(200, "application/json", "{"), "INVALID_ANSWER", /does not answer as a Waybill server/],
  [
    "another shape",
    answer(200, "application/json", '{"kind":"cat"}'),
    "INVALID_ANSWER",
    /does not answer as/,
  ],
  [
    "another encoding",
    answer(200, "application/json", Buffer.from([0x22, 0xff, 0x22])),
    "INVALID_ANSWER",
    /./,
  ],
  ["a flood", flood, "INVALID_ANSWER", /more than \d+ bytes/],
  ["an empty problem", answer(500, "application/problem+json", "{}"), "INVALID_ANSWER", /./],
  [
    "a failure",
    answer(500, "application/problem+json", problem(500, "INTERNAL")),
    "SERVER_FAILED",
    /the detail/,
  ],
  [
    "a refusal",
    answer(403, "application/problem+json", problem(403, "FORBIDDEN")),
    "FORBIDDEN",
    /the detail/,
  ],
  [
    "a code of a later version",
    answer(422, "application/problem+json", problem(422, "TOO_HEAVY")),
    "REQUEST_REFUSED",
    /the detail/,
  ],
])("%s is an error that names the server, and never the token", async ([_, handler, code, message]) => {
  const { context, server } = await clientOf(handler)
  const error = await context.principal().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  expect(String(error)).toContain(server.host)
  expect(JSON.stringify([String(error), error])).not.toContain(token)
})

test("a redirect is not followed: the token goes nowhere else", async () => {
  const other: IncomingMessage[] = []
  const { server: elsewhere } = await clientOf(async (request, response) => {
    other.push(request)
    response.end()
  })
  for (const status of [301, 302, 307, 308]) {
    const { context } = await clientOf(answer(status, "text/html", "", { location: elsewhere.origin }))
    await expect(context.principal()).rejects.toMatchObject({ code: "INVALID_ANSWER" })
  }
  expect(other).toEqual([])
})

test("a list that goes on with nothing in it ends in an error", async () => {
  const { context } = await clientOf(answer(200, "application/json", '{"items":[],"next":"on"}'))
  await expect(context.fleets.listFleets()).rejects.toMatchObject({ code: "INVALID_ANSWER" })
})

test("a list that goes round, or on and on, ends in an error before it fills the memory", async () => {
  const event = (actor: string) => ({
    ...{ id: 1, at: "2026-01-01T00:00:00.000Z", actor, action: "fleet.create", fleet: "acme/edge" },
    ...{ release: null, target: null, device: null, otherFleet: null, values: [] },
  })
  let asked = 0
  const listOf = (next: () => string, actor: string): Handler => {
    const items = Array.from({ length: 1000 }, () => event(actor))
    return async (_, response) => {
      asked++
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ items, next: next() }))
    }
  }
  const slug = parseFleetSlug("acme/edge")
  const round = await clientOf(listOf(() => `c${asked % 3}`, "short"))
  await expect(round.context.fleets.listEvents(slug)).rejects.toMatchObject({
    code: "INVALID_ANSWER",
    message: expect.stringContaining("goes on where it was before"),
  })
  expect(asked).toBe(4)

  asked = 0
  const endless = await clientOf(listOf(() => `c${asked}`, "x".repeat(8000)))
  await expect(endless.context.fleets.listEvents(slug)).rejects.toMatchObject({
    code: "INVALID_ANSWER",
    message: expect.stringContaining("goes on behind 134217728 bytes"),
  })
  expect(asked).toBe(17)
})

test("a server that drips its answer fails the call within the time of small answers", async () => {
  const { context, server, clock } = await clientOf(
    async (_, response) => {
      response.writeHead(200, { "content-type": "application/json" })
      while (!response.destroyed) {
        response.write(" ")
        await setTimeout(10)
      }
    },
    { timeouts: { document: 200 } },
  )
  await expect(context.principal()).rejects.toMatchObject({
    name: "ClientError",
    code: "CONNECTION_LOST",
    message: expect.stringContaining(`${server.origin}/api/v1/principal takes longer than 0.2 s`),
  })
  expect(clock.waits).toEqual([])
})

test("a call can be cancelled before it begins, while it waits for an answer, and between two tries", async () => {
  let seen = 0
  const asked = Promise.withResolvers<void>()
  const { context } = await clientOf(async () => {
    seen++
    asked.resolve()
  })
  const reason = new Error("enough")
  await expect(context.principal({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(seen).toBe(0)

  const stop = new AbortController()
  const call = context.fleets.listFleets({ signal: stop.signal })
  const ended = expect(call).rejects.toBe(reason)
  await asked.promise
  stop.abort(reason)
  await ended

  const stopWaiting = new AbortController()
  const clock = new TestClock()
  clock.waits.push = () => {
    stopWaiting.abort(reason)
    return 0
  }
  const busy = await clientOf(answer(503, "text/plain", ""), { clock })
  await expect(busy.context.principal({ signal: stopWaiting.signal })).rejects.toBe(reason)
})

test("a server that is away is tried again, and then named with what to check", async () => {
  const { context, clock, server } = await clientOf(flood)
  await server.close()
  await expect(context.principal()).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    message: expect.stringContaining(server.host),
    hint: expect.stringContaining("address"),
  })
  expect(clock.waits).toEqual([225])
})

test("a server that never answers fails the call within the time limit", async () => {
  const { context, clock } = await clientOf(async () => undefined, { timeouts: { answer: 20 } })
  const token = { name: "ci", organization: null, role: "viewer", secret: secretOf("ci") } as const
  await expect(context.access.createToken(token, context.change())).rejects.toMatchObject({
    code: "CONNECTION_LOST",
  })
  expect(clock.waits).toEqual([])
})

test("TLS needs an authority that is trusted", async () => {
  const { authority, server: tls } = await makeCertificates()
  const handler = answer(403, "application/problem+json", problem(403, "FORBIDDEN"))
  const stranger = await clientOf(handler, {}, tls)
  await expect(stranger.context.principal()).rejects.toMatchObject({
    code: "SERVER_UNREACHABLE",
    hint: expect.stringContaining("--ca-file"),
  })
  expect(stranger.clock.waits).toEqual([])
  const friend = await clientOf(handler, { tls: { ca: authority.cert } }, tls)
  await expect(friend.context.principal()).rejects.toMatchObject({ code: "FORBIDDEN" })
})

test("a token that the server does not know is refused by it", async () => {
  const { url } = await runServer()
  const context = await connect({ url, token, clock: new TestClock() })
  onTestFinished(() => context.close())
  await expect(context.fleets.listFleets()).rejects.toMatchObject({ code: "UNAUTHORIZED" })
})

test.for([
  ["ftp://site", token, "INVALID_SERVER"],
  ["site:8080", token, "INVALID_SERVER"],
  ["https://user:word@site", token, "INVALID_SERVER"],
  ["http://site.example", token, "INVALID_SERVER"],
  ["http://127.0.0.1.site.example", token, "INVALID_SERVER"],
  ["https://site", "", "INVALID_TOKEN"],
  ["https://site", token.slice(0, -1), "INVALID_TOKEN"],
  ["https://site", `${token}\r\nX-Evil: 1`, "INVALID_TOKEN"],
  ["https://site", "wbd_short", "INVALID_DEVICE"],
])("%s with the token %j is refused before anything is sent", async ([url = "", secret = "", code]) => {
  const error = await connect({ url, token: secret, clock: new TestClock() }).catch((e: unknown) => e)
  expect(error).toMatchObject({ code })
  if (secret.length > 10) expect(String(error)).not.toContain(secret)
})
