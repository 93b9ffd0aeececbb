import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { HOSTILE_NAME, hostileImages } from "../../fixtures/hostile-images/make.ts"
import { describeError } from "../../src/errors/describe.ts"
import { parsePlatform } from "../../src/oci/platform.ts"
import type { Context } from "../../src/operations/context.ts"
import { createRelease } from "../../src/operations/create-release.ts"
import { exportRelease } from "../../src/operations/export-release.ts"
import { openHome } from "../../src/operations/home.ts"
import { blob, makeClient, pushImage } from "../support/registry/content.ts"
import type { FaultRule } from "../support/registry/fault-proxy.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { runFaultProxy, runRegistry } from "../support/running-registry.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

interface Site {
  folder: string
  context: Context
}

async function makeSite(): Promise<Site> {
  const folder = await temporaryFolder()
  const context = await openHome({ path: join(folder, "home"), clock: new TestClock(), actor: "tester" })
  onTestFinished(() => context.close())
  await context.fleets.createFleet({ slug: "acme/edge" }, context.change())
  return { folder, context }
}

interface Wanted {
  platform?: string
  signal?: AbortSignal
  recordFailure?: boolean
}

async function create(
  site: Site,
  images: Record<string, string>,
  { platform, signal, recordFailure }: Wanted = {},
) {
  const composeFile = join(site.folder, "compose.yml")
  const services = Object.entries(images).map(([service, image]) => [service, { image }])
  await writeFile(composeFile, JSON.stringify({ services: Object.fromEntries(services) }))
  const request = {
    fleet: "acme/edge",
    composeFile,
    version: "1.2.3",
    commit: "c0ffee0",
    platform: platform === undefined ? undefined : parsePlatform(platform),
    recordFailure,
  } as const
  return createRelease(site.context, request, { signal })
}

/** A registry with an image of three layers behind a proxy that makes trouble. */
async function trouble(...script: FaultRule[]) {
  const registry = await runRegistry()
  const client = makeClient()
  const repository = client.repository(registry.host, "acme/web")
  await pushImage(repository, [blob(300), blob(200_000, 2), blob(300_000, 3)], "1")
  await client.close()
  const proxy = await runFaultProxy(registry, script)
  return { image: `${proxy.host}/acme/web`, struck: proxy.struck }
}

async function troubledImage(...script: FaultRule[]): Promise<string> {
  return (await trouble(...script)).image
}

async function actions({ context }: Site): Promise<string[]> {
  return (await context.fleets.listEvents("acme/edge")).map(({ action }) => action)
}

async function hostile(site: Site, name: keyof typeof hostileImages): Promise<string> {
  await hostileImages[name](join(site.folder, name))
  return `oci:${name}:${HOSTILE_NAME}`
}

const GONE: FaultRule = { on: /blobs/, skip: 1, times: 1000, fault: { kind: "drop download", after: 0 } }

/** Why it fails, the image to take in, and what the reason says. */
const FAILURES: [why: string, image: (site: Site) => Promise<string>, reason: RegExp][] = [
  ["a tag that is not in the registry", async () => `${await troubledImage()}:2`, /acme\/web:2 is not there/],
  ["a registry that is gone in mid-way", async () => `${await troubledImage(GONE)}:1`, /the connection/],
  [
    "a registry where nothing listens",
    async () => "127.0.0.1:1/acme/web",
    /cannot connect to 127\.0\.0\.1:1/,
  ],
  ["a layout that is not there", async () => "oci:nowhere:web", /nowhere.*is missing/],
  ["an archive that is not there", async () => "oci-archive:nowhere.tar", /nowhere\.tar/],
  ["a manifest of schema 1", (site) => hostile(site, "schema1"), /schema 1/i],
  [
    "a manifest of schema 1 in disguise",
    (site) => hostile(site, "disguisedSchema1"),
    /schema 1|schemaVersion/i,
  ],
  [
    "a platform that its index names and that is missing",
    (site) => hostile(site, "missingPlatform"),
    /not in/,
  ],
  ["a manifest over 4 MiB", (site) => hostile(site, "hugeManifest"), /4194304/],
  [
    "a layer with other bytes",
    (site) => hostile(site, "wrongLayerDigest"),
    /expected sha256:.*found sha256:/,
  ],
  ["a layer with other length", (site) => hostile(site, "wrongLayerSize"), /bytes/],
  ["a layer that is missing", (site) => hostile(site, "missingLayer"), /sha256:[0-9a-f]{64} is not in/],
]

describe("a release that cannot be created is recorded as failed where that is asked for, with the reason, for", () => {
  test.each(FAILURES)("%s", async (_, image, reason) => {
    const site = await makeSite()
    const { fleets } = site.context
    const web = await image(site)
    const unrecorded = await create(site, { web }).catch(describeError)
    expect(unrecorded).toMatchObject({ message: expect.stringMatching(reason) })
    expect(await fleets.listReleases("acme/edge")).toEqual([])
    expect(await actions(site)).toEqual(["fleet.create"])

    const error = await create(site, { web }, { recordFailure: true }).catch((thrown: Error) => thrown)
    if (!(error instanceof Error)) throw new Error("it was created")
    const failure = describeError(error)
    expect(failure.message).toMatch(reason)

    const [recorded, ...others] = await fleets.listReleases("acme/edge")
    expect(others).toEqual([])
    expect(recorded).toMatchObject({ status: "failed", failureReason: failure.message, revision: null })
    expect(await fleets.latestRelease("acme/edge")).toBeUndefined()
    const output = join(site.folder, "release.tar")
    await expect(exportRelease(site.context, { commit: "c0ffee0" }, output)).rejects.toThrow(
      expect.objectContaining({ code: "RELEASE_NOT_SUCCESSFUL" }),
    )
  })
})

test("after a failure the same commit can be created, and has the first revision", async () => {
  const site = await makeSite()
  const nowhere = create(site, { web: "oci:nowhere:web" }, { recordFailure: true })
  await expect(nowhere).rejects.toThrow("nowhere")
  const { release } = await create(site, { web: `${await troubledImage()}:1` })
  expect(release).toMatchObject({ status: "success", commit: "c0ffee0", revision: 0 })
  const list = await site.context.fleets.listReleases("acme/edge")
  expect(list.map(({ status }) => status)).toEqual(["success", "failed"])
  const output = join(site.folder, "release.tar")
  expect(await exportRelease(site.context, { commit: "c0ffee0" }, output)).toMatchObject({ release })
})

test("a platform that an image is not made for fails the release", async () => {
  const site = await makeSite()
  const image = await hostile(site, "missingPlatform")
  const riscv = create(site, { web: image }, { platform: "linux/riscv64", recordFailure: true })
  await expect(riscv).rejects.toThrow("not made for linux/riscv64")
  const [recorded] = await site.context.fleets.listReleases("acme/edge")
  expect(recorded?.failureReason).toContain("not made for linux/riscv64")
  const { release } = await create(site, { web: image }, { platform: "linux/amd64" })
  expect(release.status).toBe("success")
})

test("a release that is interrupted is recorded as cancelled where that is asked for", async () => {
  const site = await makeSite()
  const stall: FaultRule = { on: /blobs/, times: 100, fault: { kind: "stall", after: 100 } }
  const interrupt = async (recordFailure: boolean) => {
    const stop = new AbortController()
    const { image, struck } = await trouble(stall)
    const creating = create(site, { web: `${image}:1` }, { signal: stop.signal, recordFailure })
    creating.catch(() => undefined)
    await vi.waitUntil(() => struck.length > 0)
    stop.abort(new Error("the user went home"))
    await expect(creating).rejects.toThrow("the user went home")
  }
  await interrupt(false)
  expect(await site.context.fleets.listReleases("acme/edge")).toEqual([])
  await interrupt(true)
  const [recorded] = await site.context.fleets.listReleases("acme/edge")
  expect(recorded).toMatchObject({ status: "cancelled", failureReason: "the user went home" })
})

test("what is wrong with the request itself is not recorded", async () => {
  const site = await makeSite()
  const recordFailure = true
  await expect(create(site, { web: "Not/An/Image" }, { recordFailure })).rejects.toThrow("Not/An/Image")
  await expect(create(site, {}, { recordFailure })).rejects.toThrow("no services")
  expect(await site.context.fleets.listReleases("acme/edge")).toEqual([])
})
