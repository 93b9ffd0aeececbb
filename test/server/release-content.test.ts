import { describe, expect, test } from "vitest"
import { parse } from "yaml"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { connect } from "../../src/client/connect.ts"
import { MediaType } from "../../src/oci/media-types.ts"
import { bundledRelease } from "../../src/operations/bundled-release.ts"
import { type ReleaseContent, readReleaseContent } from "../../src/operations/release-content.ts"
import { requireSuccess } from "../../src/operations/successful-release.ts"
import { systemClock } from "../../src/system-clock.ts"
import { putRelease } from "../support/release.ts"
import { runRegistry } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"

/** A server with one release, whose images it keeps itself or a registry keeps. */
async function setUp(keeper: "content store" | "registry") {
  const server = await runServer()
  const { home } = server
  const registry = keeper === "registry" ? await runRegistry() : undefined
  const fleet = await home.fleets.createFleet({ slug: "acme/edge", registry: registry?.host }, home.change())
  const content = await home.contentOf(fleet)
  const { descriptor } = await putRelease(content)
  const plan = await planBundle(content, descriptor)
  const { release } = await home.fleets.recordRelease(fleet.slug, bundledRelease(plan), home.change())
  const ask = (path: string, headers?: Record<string, string>) =>
    fetch(`${server.url}/api/v1/releases/${path}`, {
      headers: { authorization: `Bearer ${server.token}`, ...headers },
    })
  return { server, home, registry, release: requireSuccess(release), plan, ask }
}

describe.each(["content store", "registry"] as const)("what is in a release of a %s", (keeper) => {
  test("is told by service and platform, with the layers that they share and all sizes", async () => {
    const { ask, release, plan, server, home } = await setUp(keeper)
    const answer = await ask(`${release.id}/content`)
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"])
    const content = (await answer.json()) as ReleaseContent
    expect(
      content.services.map(({ name, platforms }) => [name, platforms.map(({ platform }) => platform)]),
    ).toEqual([
      ["api", ["linux/amd64", "linux/arm64"]],
      ["cron", ["linux/amd64"]],
      ["none", ["linux/amd64"]],
      ["web", ["linux/amd64"]],
      ["web-spare", ["linux/amd64"]],
    ])
    expect(content.services.map(({ image }) => image)).toEqual(
      release.services.map(({ name: _, ...image }) => image),
    )
    expect(content.layers.map(({ size, services }) => [size, services])).toEqual([
      [5000, ["api", "web", "web-spare"]],
      [700, ["api"]],
      [700, ["api"]],
      [0, ["cron"]],
      [1, ["cron"]],
      [512, ["web", "web-spare"]],
    ])
    const [amd64] = content.services[0]?.platforms ?? []
    expect(amd64?.config.mediaType).toBe(MediaType.ociConfig)
    expect(amd64?.layers.map(({ size }) => size)).toEqual([5000, 700])
    expect(amd64?.size).toBe((amd64?.manifest.size ?? 0) + (amd64?.config.size ?? 0) + 5700)
    // All that the release needs, but for what makes it a release.
    const own = [plan.release, ...plan.graph.manifests.slice(0, 1)].concat(
      plan.releaseBlobs.map((blob) => blob.descriptor),
    )
    const { graph } = plan
    const all = [graph.indexes, graph.manifests, graph.configs, graph.layers].flat()
    const sum = (blobs: { size: number }[]) => blobs.reduce((total, { size }) => total + size, 0)
    expect(content.size).toBe(sum(all) - sum(own))
    // The library on the home, and over the server.
    expect(await readReleaseContent(home, release)).toEqual(content)
    const site = await connect({ url: server.url, token: server.token, clock: systemClock })
    try {
      expect(await readReleaseContent(site, release)).toEqual(content)
    } finally {
      await site.close()
    }
  })

  test("is not read again for whoever has it", async () => {
    const { ask, release, registry } = await setUp(keeper)
    const etag = (await ask(`${release.id}/content`)).headers.get("etag") ?? ""
    const asked = registry?.log.length
    const again = await ask(`${release.id}/content`, { "if-none-match": etag })
    expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""])
    expect(registry?.log.length).toBe(asked)
  })

  test("can be run as a compose file", async () => {
    const { ask, release, registry, server } = await setUp(keeper)
    const answer = await ask(`${release.id}/compose`)
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/yaml"])
    const document = parse(await answer.text()) as { services: Record<string, object>; "x-waybill": object }
    const host = registry?.host ?? new URL(server.url).host
    const [api] = release.services
    expect(document.services.api).toEqual({ restart: "always", image: `${host}/acme/edge@${api?.digest}` })
    expect(Object.keys(document.services)).toHaveLength(5)
    expect(document["x-waybill"]).toEqual({ fleet: "acme/edge", version: "1.2.3", commit: release.commit })
  })
})

test("a release is compared with another: what differs, and what has to move", async () => {
  const { ask, home, release, plan } = await setUp("content store")
  const content = await home.contentOf(await home.fleets.getFleet("acme/edge"))
  const { descriptor } = await putRelease(content, {
    commit: "d".repeat(40),
    semver: "1.3.0",
    composition: { services: { web: { restart: "no" } } },
  })
  const next = bundledRelease(await planBundle(content, descriptor))
  const { release: other } = await home.fleets.recordRelease("acme/edge", next, home.change())
  const answer = await ask(`${other.id}/compare/${release.id}`)
  expect(answer.status).toBe(200)
  const { size } = await readReleaseContent(home, release)
  expect(await answer.json()).toMatchObject({
    services: { added: [], removed: [], changed: [] },
    environment: [],
    other: expect.arrayContaining([{ service: "web", key: "restart", before: "always", after: "no" }]),
    moved: { blobs: 0, bytes: 0 },
    shared: { bytes: size },
  })
  const etag = answer.headers.get("etag") ?? ""
  expect((await ask(`${other.id}/compare/${release.id}`, { "if-none-match": etag })).status).toBe(304)
  expect((await ask(`${release.id}/compare/${other.id}`, { "if-none-match": etag })).status).toBe(200)
  expect((await ask(`${other.id}/compare/999`)).status).toBe(404)
  expect(plan.services).toHaveLength(5)
})

test("what cannot be read is a problem that says whose fault that is", async () => {
  const { ask, home, release } = await setUp("registry")
  await home.fleets.setRegistry("acme/edge", "127.0.0.1:1", home.change())
  const away = await ask(`${release.id}/content`)
  expect([away.status, await away.json()]).toMatchObject([
    502,
    {
      code: "CONTENT_UNAVAILABLE",
      detail: expect.stringMatching(/registry .* acme\/edge .*REGISTRY_UNREACHABLE/),
    },
  ])
  const source = await home.fleets.getRelease(release.id)
  const failed = await home.fleets.recordUnsuccessfulRelease(
    "acme/edge",
    { ...source, commit: "abcdef0", status: "failed", failureReason: "no image" },
    home.change(),
  )
  for (const part of ["content", "compose"]) {
    const answer = await ask(`${failed.id}/${part}`)
    expect([answer.status, await answer.json()]).toMatchObject([
      409,
      { code: "RELEASE_NOT_SUCCESSFUL", detail: expect.stringContaining("failed: no image") },
    ])
  }
})
