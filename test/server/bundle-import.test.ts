import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { type ClientRequest, type IncomingMessage, request } from "node:http"
import { describe, expect, test } from "vitest"
import { hostileBundles } from "../../fixtures/hostile-bundles/make.ts"
import { type BundlePlan, planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { collect } from "../../src/content/read-document.ts"
import { newTokenSecret } from "../../src/fleet/secret.ts"
import type { LIMITS } from "../../src/server/limits.ts"
import { MemoryContent } from "../support/memory-content.ts"
import type { TestRegistry } from "../support/registry/test-registry.ts"
import { putRelease } from "../support/release.ts"
import { runFaultProxy, runRegistry } from "../support/running-registry.ts"
import { runServer, type TestServer } from "../support/running-server.ts"

const source = new MemoryContent()
const { descriptor } = await putRelease(source)
const plan: BundlePlan = await planBundle(source, descriptor)
const whole = Buffer.from(await collect(bundleBytes(source, plan)))
const COMMIT = plan.manifest.commit
const layer = plan.files.find(({ size }) => size === 5000)
if (layer?.digest === undefined) throw new Error("there is no such layer")
const LAYER = { ...layer, digest: layer.digest }
const HEAD = plan.files.find(({ content }) => !(content instanceof Uint8Array))?.headerOffset ?? 0

/** On a machine with much to do. */
const PATIENCE = { timeout: 15_000 }

const BUNDLES = "/api/v1/fleets/acme/edge/bundles"

interface Options {
  keeper?: "content store" | "registry"
  limits?: Partial<typeof LIMITS>
}

/** A server with a fleet, whose images it keeps itself or a registry keeps. */
async function setUp({ keeper = "content store", limits }: Options = {}) {
  const server = await runServer({ limits })
  const registry = keeper === "registry" ? await runRegistry() : undefined
  const { home } = server
  await home.fleets.createFleet({ slug: "acme/edge", registry: registry?.host }, home.change())
  const send = (
    body: Uint8Array,
    query = "",
    { method = "POST", path = BUNDLES, token = server.token, type = "" } = {},
  ) =>
    fetch(`${server.url}${path}${query}`, {
      method,
      body: new Blob([new Uint8Array(body)]),
      headers: { authorization: `Bearer ${token}`, ...(type !== "" && { "content-type": type }) },
    })
  const secretOf = async (role: "viewer" | "deployer" | "admin", organization = "acme") => {
    const secret = newTokenSecret(randomBytes)
    await home.access.createToken({ name: role, organization, role, secret }, home.change())
    return secret
  }
  const releases = () => home.fleets.listReleases("acme/edge")
  return { server, registry, home, send, secretOf, releases }
}

/** An upload that stays open until its sender goes on. */
async function openUpload(
  server: TestServer,
  query = "",
  path = BUNDLES,
  token = server.token,
): Promise<ClientRequest> {
  const upload = request(`${server.url}${path}${query}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "transfer-encoding": "chunked" },
  })
  upload.on("error", () => undefined)
  upload.flushHeaders()
  return upload
}

const write = (upload: ClientRequest, bytes: Uint8Array) =>
  new Promise<void>((resolve) => {
    upload.write(bytes, () => resolve())
  })

async function answerOf(upload: ClientRequest): Promise<{ status: number; body: Record<string, unknown> }> {
  const [answer] = (await once(upload, "response")) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, body: JSON.parse(Buffer.from(await collect(answer)).toString()) }
}

async function running(server: TestServer): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${server.url}/api/v1/fleets/acme/edge/imports`, {
    headers: { authorization: `Bearer ${server.token}` },
  })
  return ((await answer.json()) as { items: Record<string, unknown>[] }).items
}

const hasBlob = (registry: TestRegistry, digest = LAYER.digest) =>
  registry.storage.hasBlob("acme/edge", digest)

describe.each(["content store", "registry"] as const)(
  "a bundle that is sent to a fleet in a %s",
  (keeper) => {
    test("becomes a release of it, whose bundle is the very file; sent again, nothing changes", async () => {
      const { server, send, home, registry } = await setUp({ keeper })
      const first = await send(whole)
      expect([first.status, await first.json()]).toMatchObject([
        201,
        {
          commit: COMMIT,
          version: "1.2.3",
          wasThere: false,
          isDraft: false,
          warnings: [],
          target: { before: null, after: { version: "1.2.3" }, isPinned: false },
        },
      ])
      const [release] = await home.fleets.listReleases("acme/edge")
      const exported = await fetch(`${server.url}/api/v1/releases/${release?.id}/bundle`, {
        headers: { authorization: `Bearer ${server.token}` },
      })
      expect(Buffer.from(await exported.arrayBuffer()).equals(whole)).toBe(true)
      expect(await home.fleets.listEvents("acme/edge")).toMatchObject([
        { action: "release.import", actor: "administrator" },
        {},
      ])
      const before = registry?.log.length ?? 0
      const again = await send(whole, "", { method: "PUT" })
      expect([again.status, await again.json()]).toMatchObject([200, { wasThere: true, id: release?.id }])
      expect(registry?.log.slice(before).filter(({ method }) => method === "PATCH") ?? []).toEqual([])
    })

    test("of which one layer is damaged is refused by entry, expected and found; nothing is recorded", async () => {
      const { send, releases, registry } = await setUp({ keeper })
      const damaged = Buffer.from(whole)
      damaged.fill(0, LAYER.offset + 100, LAYER.offset + 200)
      const answer = await send(damaged)
      const problem = (await answer.json()) as { problems: unknown[] }
      expect([answer.status, problem]).toMatchObject([
        422,
        {
          code: "BUNDLE_DAMAGED",
          problems: [
            { code: "BUNDLE_DAMAGED", entry: LAYER.name, offset: LAYER.offset, expected: LAYER.digest },
          ],
          hint: expect.stringContaining("damaged or altered"),
        },
      ])
      expect(await releases()).toEqual([])
      if (registry !== undefined) expect(hasBlob(registry)).toBe(false)
    })

    test("that breaks off in the middle leaves nothing recorded, and sent again it goes in", async () => {
      const { server, send, releases } = await setUp({ keeper })
      const upload = await openUpload(server)
      await write(upload, whole.subarray(0, LAYER.offset + 2000))
      await expect
        .poll(() => running(server))
        .toMatchObject([{ received: LAYER.offset + 2000, version: "1.2.3" }])
      upload.destroy()
      await expect.poll(() => running(server), PATIENCE).toEqual([])
      expect(await releases()).toEqual([])
      await expect
        .poll(() => server.lines.find(({ path }) => path === BUNDLES))
        .toMatchObject({ status: 499, method: "POST" })
      expect((await send(whole)).status).toBe(201)
    })
  },
)

describe("a bundle that is no right one is refused, nothing is recorded, and the server goes on:", async () => {
  const site = setUp
  test.each(hostileBundles(whole))("$what", async ({ bytes, codes }) => {
    const { send, releases, server } = await site()
    const answer = await send(bytes)
    const problem = (await answer.json()) as { code: string; hint?: string }
    expect(answer.status, JSON.stringify(problem)).toBe(422)
    expect(codes).toContain(problem.code)
    expect(await releases()).toEqual([])
    expect(server.lines.filter(({ level }) => level === "error")).toEqual([])
  })
})

test("a bundle is checked by its head, its missing blobs are sent by themselves, and the head records it", async () => {
  const { server, send, releases } = await setUp()
  const head = whole.subarray(0, HEAD)
  const checked = (await (await send(head, "", { path: `${BUNDLES}/check` })).json()) as {
    missing: { digest: string; offset: number; size: number }[]
  }
  expect(checked).toMatchObject({
    release: { commit: COMMIT, semver: "1.2.3", isDraft: false },
    version: "1.2.3",
    wasThere: false,
    conflict: null,
    size: whole.length,
    headSize: HEAD,
  })
  const early = await send(head, "?content=head")
  expect([early.status, await early.json()]).toMatchObject([422, { code: "CONTENT_MISSING" }])
  for (const { digest, offset, size } of checked.missing) {
    const sent = await send(whole.subarray(offset, offset + size), `?digest=${digest}`, {
      path: "/v2/acme/edge/blobs/uploads/",
    })
    expect(sent.status).toBe(201)
  }
  expect(await (await send(whole, "", { path: `${BUNDLES}/check` })).json()).toMatchObject({ missing: [] })
  const done = await send(head, "?content=head")
  expect([done.status, await done.json()]).toMatchObject([201, { version: "1.2.3", wasThere: false }])
  expect(await releases()).toHaveLength(1)
  const known = await (await send(head, "", { path: `${BUNDLES}/check` })).json()
  expect(known).toMatchObject({ wasThere: true, version: "1.2.3", missing: [] })
  expect(server.lines.filter(({ level }) => level === "error")).toEqual([])
})

test("a check whose client is gone is given up, and its place is another's", async () => {
  const { server, send, home } = await setUp({ limits: { imports: 1 } })
  const proxy = await runFaultProxy(await runRegistry(), [
    { on: /^HEAD .*blobs/, times: 1000, fault: { kind: "hang" } },
  ])
  await home.fleets.createFleet({ slug: "acme/next", registry: proxy.host }, home.change())
  const gone = new AbortController()
  const asked = fetch(`${server.url}/api/v1/fleets/acme/next/bundles/check`, {
    method: "POST",
    body: new Blob([new Uint8Array(whole.subarray(0, HEAD))]),
    headers: { authorization: `Bearer ${server.token}` },
    signal: gone.signal,
  })
  await expect.poll(() => proxy.struck.length, PATIENCE).toBeGreaterThan(0)
  const check = async () => (await send(whole.subarray(0, HEAD), "", { path: `${BUNDLES}/check` })).status
  expect(await check()).toBe(503)
  gone.abort()
  await expect(asked).rejects.toThrow("aborted")
  await expect.poll(check, PATIENCE).toBe(200)
  const line = server.lines.find(({ path }) => String(path).includes("/acme/next/"))
  expect(line).toMatchObject({ status: 499, level: "info" })
})

test("a draft and another version are what the request says", async () => {
  const { send } = await setUp()
  const draft = await send(whole, "?draft=true&overrideVersion=2.0.0")
  expect([draft.status, await draft.json()]).toMatchObject([
    201,
    { semver: "2.0.0", revision: null, isDraft: true, target: { after: null } },
  ])
  const wrong = await send(whole, "?overrideVersion=two")
  expect([wrong.status, await wrong.json()]).toMatchObject([422, { code: "INVALID_VERSION" }])
  const unknown = await send(whole, "?verify=no")
  expect([unknown.status, await unknown.json()]).toMatchObject([400, { code: "INVALID_REQUEST" }])
})

test("the check says what the fleet would call it, and why it would refuse it", async () => {
  const { send, home } = await setUp()
  const check = async (query = "") => (await send(whole, query, { path: `${BUNDLES}/check` })).json()
  await send(whole)
  const other = new MemoryContent()
  const second = await putRelease(other, { commit: "abcdef0123", note: "another" })
  const bytes = await collect(bundleBytes(other, await planBundle(other, second.descriptor)))
  const next = await (await send(bytes, "", { path: `${BUNDLES}/check` })).json()
  expect(next).toMatchObject({ version: "1.2.3+rev1", wasThere: false, conflict: null, missing: [] })
  const changed = new MemoryContent()
  const same = await putRelease(changed, { note: "the same commit" })
  const conflicting = await collect(bundleBytes(changed, await planBundle(changed, same.descriptor)))
  const refused = await (await send(conflicting, "", { path: `${BUNDLES}/check` })).json()
  expect(refused).toMatchObject({ version: null, conflict: { code: "COMMIT_CONFLICT", status: 409 } })
  expect(await check("?overrideVersion=1.0.0%2Brev7")).toMatchObject({ wasThere: true })
  expect(await home.fleets.listReleases("acme/edge")).toHaveLength(1)
})

test("two imports of one bundle at once are one release", async () => {
  const { send, releases } = await setUp()
  const answers = await Promise.all([send(whole), send(whole)])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 201])
  expect(await releases()).toHaveLength(1)
})

test("more imports at once than the server takes are told to come again, and get in when one has ended", async () => {
  const { server, send } = await setUp({ limits: { imports: 2 } })
  const open = [await openUpload(server, "?import=first-of-two"), await openUpload(server)]
  for (const upload of open) await write(upload, whole.subarray(0, 1000))
  await expect.poll(() => running(server), PATIENCE).toHaveLength(2)
  expect(await running(server)).toContainEqual(
    expect.objectContaining({
      id: "first-of-two",
      fleet: "acme/edge",
      actor: "administrator",
      version: null,
    }),
  )
  const busy = await send(whole)
  expect([busy.status, busy.headers.get("retry-after"), await busy.json()]).toMatchObject([
    503,
    "5",
    { code: "SERVER_BUSY", detail: expect.stringContaining("2 bundles") },
  ])
  open[0]?.end(whole.subarray(1000))
  expect(await answerOf(open[0] as ClientRequest)).toMatchObject({ status: 201 })
  open[1]?.destroy()
  await expect.poll(() => running(server), PATIENCE).toEqual([])
  expect((await send(whole)).status).toBe(200)
})

test("whoever sends nothing for too long is cut off; one that is slow and goes on is not", async () => {
  const { server, releases } = await setUp({ limits: { idle: 400, body: 300 } })
  const silent = await openUpload(server)
  await write(silent, whole.subarray(0, 2000))
  await new Promise((resolve) => silent.once("close", resolve))
  expect(await running(server)).toEqual([])
  const slow = await openUpload(server)
  const answer = answerOf(slow)
  const step = Math.ceil(whole.length / 8)
  for (let at = 0; at < whole.length; at += step) {
    await write(slow, whole.subarray(at, at + step))
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  slow.end()
  expect(await answer).toMatchObject({ status: 201 })
  expect(await releases()).toHaveLength(1)
})

test("a token that is revoked while its bundle comes in records nothing", async () => {
  const { server, home, secretOf, releases } = await setUp()
  const secret = await secretOf("deployer")
  const upload = await openUpload(server, "", BUNDLES, secret)
  await write(upload, whole.subarray(0, 2000))
  await expect.poll(() => running(server), PATIENCE).toHaveLength(1)
  const token = (await home.access.listTokens("acme"))[0]
  await home.access.revokeToken(token?.id ?? 0, home.change())
  upload.end(whole.subarray(2000))
  expect(await answerOf(upload)).toMatchObject({
    status: 401,
    body: { code: "UNAUTHORIZED", detail: expect.stringContaining("while the bundle came in") },
  })
  expect(await releases()).toEqual([])
})

test("whoever waits to be asked for the body is refused before sending any of it", async () => {
  const { server, secretOf } = await setUp()
  const ask = async (token: string) => {
    const upload = request(`${server.url}${BUNDLES}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, expect: "100-continue", "content-length": whole.length },
    })
    upload.on("error", () => undefined)
    upload.flushHeaders()
    const asked = once(upload, "continue").then(() => "continue")
    const answered = once(upload, "response").then(([answer]) => (answer as IncomingMessage).statusCode)
    const first = await Promise.race([asked, answered])
    if (first !== "continue") {
      upload.destroy()
      return first
    }
    upload.end(whole)
    return answered
  }
  expect(await ask(await secretOf("viewer"))).toBe(403)
  expect(await ask(newTokenSecret(randomBytes))).toBe(401)
  expect(await ask(await secretOf("deployer"))).toBe(201)
})

test("a form, as a foreign page can send one, is no bundle", async () => {
  const { send, releases } = await setUp()
  for (const type of ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]) {
    const answer = await send(whole, "", { type })
    expect([answer.status, await answer.json()]).toMatchObject([415, { code: "UNSUPPORTED_MEDIA_TYPE" }])
  }
  expect(await releases()).toEqual([])
  expect((await send(whole, "", { type: "application/x-tar" })).status).toBe(201)
})

test("to name the digest of another organization's blob is not enough to get it", async () => {
  const { server, home, secretOf } = await setUp()
  const secret = await home.fleets.createFleet({ slug: "site/edge" }, home.change())
  await putRelease(await home.contentOf(secret))
  const token = await secretOf("deployer")
  const upload = request(`${server.url}${BUNDLES}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  })
  upload.on("error", () => undefined)
  // All up to the layer's header: of its bytes the sender has none.
  await write(upload, whole.subarray(0, LAYER.offset))
  await expect.poll(() => running(server), PATIENCE).toMatchObject([{ received: LAYER.offset }])
  upload.destroy()
  await expect.poll(() => running(server), PATIENCE).toEqual([])
  const pulled = await fetch(`${server.url}/v2/acme/edge/blobs/${LAYER.digest}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(pulled.status).toBe(404)
  const checked = await fetch(`${server.url}${BUNDLES}/check`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: new Blob([new Uint8Array(whole)]),
  })
  const { missing } = (await checked.json()) as { missing: { digest: string }[] }
  expect(missing.map(({ digest }) => digest)).toContain(LAYER.digest)
})

test("a fleet of the same organization gives what it has, and that is not sent again", async () => {
  const { send, home } = await setUp()
  const sister = await home.fleets.createFleet({ slug: "acme/next" }, home.change())
  await putRelease(await home.contentOf(sister))
  const head = await send(whole.subarray(0, HEAD), "", { path: `${BUNDLES}/check` })
  expect(await head.json()).toMatchObject({ missing: [] })
})
