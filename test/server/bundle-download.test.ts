import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { blobPath } from "../../src/oci/image-layout.ts"
import { bundledRelease } from "../../src/operations/bundled-release.ts"
import { exportRelease } from "../../src/operations/export-release.ts"
import { STORE_FOLDER } from "../../src/operations/home-folder.ts"
import type { TestRegistry } from "../support/registry/test-registry.ts"
import { putRelease } from "../support/release.ts"
import { runRegistry } from "../support/running-registry.ts"
import { runServer, type TestServer } from "../support/running-server.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

interface Site {
  server: TestServer
  registry: TestRegistry | undefined
  /** Of the release. */
  id: number
  /** What `release export` gives. */
  whole: Buffer
  ask(headers?: Record<string, string>, method?: string): Promise<Response>
}

/** A server with one release, whose images it keeps itself or a registry keeps. */
async function setUp(keeper: "content store" | "registry" = "content store", isDraft = false): Promise<Site> {
  const server = await runServer()
  const { home } = server
  const registry = keeper === "registry" ? await runRegistry() : undefined
  const fleet = await home.fleets.createFleet({ slug: "acme/edge", registry: registry?.host }, home.change())
  const content = await home.contentOf(fleet)
  const { descriptor } = await putRelease(content)
  const release = bundledRelease(await planBundle(content, descriptor))
  const { release: recorded } = await home.fleets.recordRelease(
    fleet.slug,
    { ...release, isDraft },
    home.change(),
  )
  const file = join(await temporaryFolder(), "release.tar")
  await exportRelease(home, { commit: release.commit }, file)
  return {
    server,
    registry,
    id: recorded.id,
    whole: await readFile(file),
    ask: (headers, method = "GET") =>
      fetch(`${server.url}/api/v1/releases/${recorded.id}/bundle`, {
        method,
        headers: { authorization: `Bearer ${server.token}`, ...headers },
      }),
  }
}

const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())

describe.each(["content store", "registry"] as const)("the bundle of a release in a %s", (keeper) => {
  test("is what `release export` writes, and says so before the first byte", async () => {
    const { ask, whole, server } = await setUp(keeper)
    const [answer, head] = [await ask(), await ask({}, "HEAD")]
    expect([answer.status, head.status]).toEqual([200, 200])
    for (const { headers } of [answer, head]) {
      expect(headers.get("content-length")).toBe(String(whole.length))
      expect(headers.get("content-disposition")).toBe('attachment; filename="edge-1.2.3.tar"')
      expect(headers.get("content-type")).toBe("application/x-tar")
      expect(headers.get("accept-ranges")).toBe("bytes")
      expect(headers.get("x-request-id")).toMatch(/^\S{12}$/)
      expect(headers.get("x-content-type-options")).toBe("nosniff")
    }
    expect(answer.headers.get("etag")).toBe(head.headers.get("etag"))
    expect((await bytesOf(answer)).equals(whole)).toBe(true)
    expect(await bytesOf(head)).toHaveLength(0)
    await expect
      .poll(() => server.lines)
      .toContainEqual(expect.objectContaining({ method: "GET", status: 200, actor: "administrator" }))
    await expect
      .poll(() => server.lines)
      .toContainEqual(expect.objectContaining({ method: "HEAD", status: 200 }))
  })

  test("is given in any part", async () => {
    const { ask, whole } = await setUp(keeper)
    const place = fc.nat(whole.length - 1)
    await fc.assert(
      fc.asyncProperty(place, place, async (one, other) => {
        const [first, last] = one < other ? [one, other] : [other, one]
        const answer = await ask({ range: `bytes=${first}-${last}` })
        expect(answer.status).toBe(206)
        expect(answer.headers.get("content-range")).toBe(`bytes ${first}-${last}/${whole.length}`)
        expect((await bytesOf(answer)).equals(whole.subarray(first, last + 1))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})

describe("a part of a bundle", () => {
  test("that goes to the end, or is at the end, or behind it", async () => {
    const { ask, whole } = await setUp()
    const rest = await ask({ range: "bytes=1000-" })
    expect([rest.status, (await bytesOf(rest)).equals(whole.subarray(1000))]).toEqual([206, true])
    const end = await ask({ range: "bytes=-700" })
    expect([end.status, (await bytesOf(end)).equals(whole.subarray(-700))]).toEqual([206, true])
    const behind = await ask({ range: `bytes=${whole.length}-` })
    expect([behind.status, behind.headers.get("content-range")]).toEqual([416, `bytes */${whole.length}`])
    expect(await behind.json()).toMatchObject({ code: "RANGE_NOT_SATISFIABLE", status: 416 })
  })

  test("of which several are asked for at once is the whole, as is what no range is", async () => {
    const { ask, whole } = await setUp()
    for (const range of ["bytes=0-0,5-9", "lines=1-2", "bytes=x-"]) {
      const answer = await ask({ range })
      expect([answer.status, (await bytesOf(answer)).equals(whole)], range).toEqual([200, true])
    }
  })

  test("is the whole where the bundle is another by now: the draft was made final", async () => {
    const { ask, whole, id, server } = await setUp("content store", true)
    const etag = (await ask({}, "HEAD")).headers.get("etag") ?? ""
    const resumed = await ask({ range: "bytes=5-", "if-range": etag })
    expect([resumed.status, (await bytesOf(resumed)).equals(whole.subarray(5))]).toEqual([206, true])
    await server.home.fleets.finalizeRelease(id, server.home.change())
    const other = await ask({ range: "bytes=5-", "if-range": etag })
    expect(other.status).toBe(200)
    expect(other.headers.get("etag")).not.toBe(etag)
    expect((await bytesOf(other)).equals(whole)).toBe(false)
  })
})

test("whoever has a bundle is told so, and no manifest is read for it", async () => {
  const { ask, registry } = await setUp("registry")
  const etag = (await ask({}, "HEAD")).headers.get("etag") ?? ""
  const asked = registry?.log.length
  for (const method of ["GET", "HEAD"]) {
    const answer = await ask({ "if-none-match": `"other", ${etag}` }, method)
    expect([answer.status, answer.headers.get("etag"), await answer.text()]).toEqual([304, etag, ""])
  }
  expect(registry?.log.length).toBe(asked)
})

test("a download that is resumed does not read all manifests again", async () => {
  const { ask, registry } = await setUp("registry")
  await ask({ range: "bytes=0-9" }).then(bytesOf)
  const asked = registry?.log.length ?? 0
  await ask({ range: "bytes=10-19" }).then(bytesOf)
  expect(registry?.log.slice(asked)).toEqual([])
})

test("downloads that begin at once read the manifests once", async () => {
  const one = await setUp("registry")
  await one.ask({ range: "bytes=0-9" }).then(bytesOf)
  const many = await setUp("registry")
  await Promise.all(Array.from({ length: 8 }, () => many.ask({ range: "bytes=0-9" }).then(bytesOf)))
  const manifestsOf = ({ registry }: Site) => registry?.log.filter(({ url }) => url.includes("/manifests/"))
  expect(manifestsOf(many)).toHaveLength(manifestsOf(one)?.length ?? 0)
})

test("a blob that proves wrong ends the connection before the end of the bundle", async () => {
  const { ask, server, whole } = await setUp()
  const content = await server.home.store()
  const found = await putRelease(content.repository("acme/edge"))
  const plan = await planBundle(content.repository("acme/edge"), found.descriptor)
  const layer = plan.files.find(({ size }) => size === 5000)
  if (layer?.digest === undefined) throw new Error("there is no such layer")
  await writeFile(join(server.homePath, STORE_FOLDER, blobPath(layer.digest)), Buffer.alloc(5000))
  const answer = await ask()
  expect(answer.headers.get("content-length")).toBe(String(whole.length))
  await expect(answer.arrayBuffer()).rejects.toThrow("terminated")
  await expect
    .poll(() => server.lines.at(-1))
    .toMatchObject({
      method: "GET",
      status: 500,
      error: expect.stringContaining(`expected ${layer.digest}`),
    })
})

test("of a release whose content is gone, or whose registry is, it is said what is wrong and what to do", async () => {
  const { ask, server } = await setUp("registry")
  await server.home.fleets.setRegistry("acme/edge", "127.0.0.1:1", server.home.change())
  const away = await ask()
  expect([away.status, await away.json()]).toMatchObject([
    502,
    {
      code: "CONTENT_UNAVAILABLE",
      detail: expect.stringMatching(/registry .* acme\/edge .*: REGISTRY_UNREACHABLE$/),
    },
  ])
  const empty = await runRegistry()
  await server.home.fleets.setRegistry("acme/edge", empty.host, server.home.change())
  const gone = await ask()
  expect([gone.status, await gone.json()]).toMatchObject([
    502,
    {
      code: "CONTENT_UNAVAILABLE",
      detail: expect.stringMatching(/: CONTENT_NOT_FOUND$/),
      hint: expect.stringContaining("importing the bundle again"),
    },
  ])
})

test("a build that failed has no bundle", async () => {
  const { server } = await setUp()
  const { home } = server
  const failed = await home.fleets.recordUnsuccessfulRelease(
    "acme/edge",
    { ...(await home.fleets.getRelease(1)), commit: "abcdef0", status: "failed", failureReason: "no image" },
    home.change(),
  )
  const answer = await fetch(`${server.url}/api/v1/releases/${failed.id}/bundle`, {
    headers: { authorization: `Bearer ${server.token}` },
  })
  expect([answer.status, await answer.json()]).toMatchObject([
    409,
    { code: "RELEASE_NOT_SUCCESSFUL", detail: expect.stringContaining("failed: no image") },
  ])
})
