import { once } from "node:events"
import { get, type IncomingMessage } from "node:http"
import { buffer } from "node:stream/consumers"
import { expect, test } from "vitest"
import { runDashboard } from "../../support/dashboard.ts"
import { runServer } from "../../support/running-server.ts"

test("whatever address there is below / answers with the page, and below /api with a problem", async () => {
  const { url } = await runDashboard()
  for (const path of ["/", "/fleets/acme/edge?search=x", "/no/such/page", "/apis"]) {
    const answer = await fetch(url + path)
    expect([path, answer.status, answer.headers.get("content-type")]).toEqual([
      path,
      200,
      "text/html; charset=utf-8",
    ])
    expect(await answer.text()).toContain("<title>Waybill</title>")
  }
  for (const path of ["/api", "/api/v1/nothing", "/v2x/../api/v1/nothing"]) {
    const answer = await fetch(url + path)
    expect([path, answer.status >= 400, answer.headers.get("content-type")]).toEqual([
      path,
      true,
      "application/problem+json",
    ])
  }
})

test("its files are sent compressed, and are kept for good", async () => {
  const { url } = await runDashboard()
  const page = await (await fetch(url)).text()
  const [, script = ""] = /src="(\/assets\/[^"]+\.js)"/.exec(page) ?? []
  for (const [accepted, encoding] of [
    ["br, gzip", "br"],
    ["gzip", "gzip"],
    ["identity", undefined],
  ] as const) {
    const { status, headers } = await ask(url, script, accepted)
    expect(status).toBe(200)
    expect(headers["content-encoding"]).toBe(encoding)
    expect(headers["content-type"]).toBe("text/javascript; charset=utf-8")
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable")
    expect(headers["x-content-type-options"]).toBe("nosniff")
  }
})

test("each page has a nonce of its own, which its policy names", async () => {
  const { url } = await runDashboard()
  const nonces = new Set<string | undefined>()
  for (let time = 0; time < 3; time += 1) {
    const answer = await fetch(url)
    const [, nonce] = /'nonce-([^']+)'/.exec(answer.headers.get("content-security-policy") ?? "") ?? []
    expect(await answer.text()).toContain(`nonce="${nonce}"`)
    nonces.add(nonce)
  }
  expect(nonces.size).toBe(3)
})

test.for([
  "/assets/../index.html",
  "/assets/..%2f..%2f..%2fpackage.json",
  "/assets/%2e%2e/%2e%2e/cli/main.js",
  "/assets/none.js",
])("nothing beside the dashboard's files is had by %s", async (path) => {
  const { url } = await runDashboard()
  const { status, body } = await ask(url, path)
  // Names with dots are made plain before they are looked up: the page itself is what they may lead to.
  if (status === 200) expect(body).toContain("<title>Waybill</title>")
  else expect(status).toBe(404)
  expect(body).not.toContain('"devDependencies"')
})

test("a server without a built dashboard says so", async () => {
  const { url } = await runServer({ dashboard: "/nowhere" })
  const answer = await fetch(`${url}/fleets`)
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ detail: "this server has no dashboard: it was not built" })
})

/** Asks for a path as it is written, which `fetch` would make plain. */
async function ask(url: string, path: string, accepted = "identity") {
  const { hostname, port } = new URL(url)
  const [answer] = (await once(
    get({ hostname, port, path, headers: { "accept-encoding": accepted } }),
    "response",
  )) as [IncomingMessage]
  return { status: answer.statusCode, headers: answer.headers, body: (await buffer(answer)).toString() }
}
