import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { expect, test } from "vitest"
import { problemSchema } from "../../src/api/problem.ts"
import { lockElsewhere } from "../database/lock-holder.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

const LONG = 100_000

async function ask({ url, token }: TestServer, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
  return fetch(`${url}${path}`, { ...init, headers })
}

function createFleet(server: TestServer, slug: string): Promise<Response> {
  return ask(server, "/api/v1/fleets", { method: "POST", body: JSON.stringify({ slug }) })
}

const databaseOf = (server: TestServer) => join(server.homePath, "waybill.db")

test("while another process holds the database, a write waits, all else is answered, and the write is made then", async () => {
  const server = await runServer({ lockTimeout: LONG })
  expect((await createFleet(server, "acme/edge")).status).toBe(201)
  const holder = await lockElsewhere(databaseOf(server))
  let written = false
  const writing = createFleet(server, "acme/dock").finally(() => {
    written = true
  })
  // The write is at the database before the last of these is answered.
  for (let round = 0; round < 50; round++) {
    expect((await ask(server, "/healthz")).status).toBe(200)
    expect((await ask(server, "/readyz")).status).toBe(200)
    expect(await (await ask(server, "/api/v1/fleets")).json()).toMatchObject({
      items: [{ slug: "acme/edge" }],
    })
  }
  await setImmediate()
  expect(written).toBe(false)
  await holder.letGo()
  expect((await writing).status).toBe(201)
})

test("a write that waits for too long is answered with 503, and when to try again", async () => {
  const server = await runServer({ lockTimeout: 100 })
  const holder = await lockElsewhere(databaseOf(server))
  const answer = await createFleet(server, "acme/edge")
  expect(answer.status).toBe(503)
  expect(answer.headers.get("retry-after")).toBe("5")
  const problem = problemSchema.parse(await answer.json())
  expect(problem).toMatchObject({
    status: 503,
    code: "DATABASE_UNAVAILABLE",
    detail: "the server's database does not answer",
    hint: expect.stringMatching(/^try again/),
  })
  expect((await ask(server, "/healthz")).status).toBe(200)
  expect(server.lines.at(-2)).toMatchObject({ status: 503 })
  await holder.letGo()
  expect((await createFleet(server, "acme/edge")).status).toBe(201)
})
