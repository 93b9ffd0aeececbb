import { createReadStream } from "node:fs"
import { join } from "node:path"
import { describe, expect, onTestFinished, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { writeBundleFile } from "../../src/bundle/bundle-writer.ts"
import type { WaybillError } from "../../src/errors/waybill-error.ts"
import type { NewFleet } from "../../src/fleet/fleet.ts"
import { parseVersion } from "../../src/fleet/version.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { sampleRelease } from "../fleet/sample-release.ts"
import { MemoryContent } from "../support/memory-content.ts"
import type { Fault, FaultRule } from "../support/registry/fault-proxy.ts"
import { startServer } from "../support/registry/http-server.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import type { TestRegistry } from "../support/registry/test-registry.ts"
import { putRelease } from "../support/release.ts"
import { runFaultProxy, runRegistry } from "../support/running-registry.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** A home with one fleet, and a bundle to bring into it. */
async function setUp(registry: string | undefined, others: NewFleet[] = []) {
  const folder = await temporaryFolder()
  const context = await openHome({ path: join(folder, "home"), clock: new TestClock(), actor: "tester" })
  onTestFinished(() => context.close())
  for (const fleet of [{ slug: "site/edge", registry } as const, ...others])
    await context.fleets.createFleet(fleet, context.change())
  const source = new MemoryContent()
  const release = await putRelease(source)
  const plan = await planBundle(source, release.descriptor)
  const bundle = join(folder, "release.tar")
  await writeBundleFile(source, plan, bundle)
  return { context, bundle, plan, release }
}

/** Everything that a release needs is in a repository, and right. */
function expectComplete(
  registry: TestRegistry,
  slug: string,
  plan: Awaited<ReturnType<typeof setUp>>["plan"],
) {
  const { blobs, manifests } = registry.storage.repository(slug)
  const { graph } = plan
  for (const { digest } of [...graph.indexes, ...graph.manifests])
    expect([...manifests.keys()]).toContain(digest)
  for (const { digest } of [...graph.configs, ...graph.layers]) {
    expect([...blobs]).toContain(digest)
    expect(registry.storage.hasBlob(slug, digest)).toBe(true)
  }
}

/** What it does, to which requests, and the codes of the errors in which an import may end by it: most it outlasts. */
const FAULTS: [what: string, on: RegExp, fault: Fault, codes: string[]][] = [
  ["drops connections within blobs", /^PUT .*\/blobs\//, { kind: "drop upload", after: 100 }, []],
  ["drops connections before it answers", /^(PUT|POST) /, { kind: "drop answer" }, []],
  ["answers 500", /^(PUT|POST|HEAD) /, { kind: "answer", status: 500 }, []],
  ["asks to wait", /^(PUT|POST|HEAD) /, { kind: "answer", status: 429, headers: { "retry-after": "7" } }, []],
  ["forgets logins in the middle", /^PUT .*\/blobs\//, { kind: "answer", status: 401 }, ["UNAUTHORIZED"]],
  ["changes a byte of what is sent", /^PUT .*\/blobs\//, { kind: "flip upload", at: 1 }, ["DIGEST_INVALID"]],
  [
    "says that it has blobs that it has not",
    /^HEAD .*\/blobs\//,
    { kind: "report present" },
    ["CANNOT_REWIND"],
  ],
]

describe("an import into a registry that", () => {
  test.each(FAULTS)(
    "%s ends right, or in an error that leaves the fleet as it was",
    async (_, on, fault, codes) => {
      for (const source of ["file", "pipe"] as const) {
        const registry = await runRegistry()
        const rule: FaultRule = { on, times: 3, skip: 1, fault }
        const proxy = await runFaultProxy(registry, [rule])
        const { context, bundle, plan } = await setUp(proxy.host)
        const request = {
          fleet: "site/edge",
          get bundle() {
            return source === "file" ? bundle : createReadStream(bundle)
          },
        } as const
        // Every try may meet one of the faults; then the same command finishes the work.
        for (let tries = 0; tries < 4; tries++) {
          const failure = await importRelease(context, request).catch((error: WaybillError) => error)
          if (!(failure instanceof Error)) break
          expect(failure.message).toContain(proxy.host)
          expect(codes).toContain(failure.code)
          expect(await context.fleets.listReleases("site/edge")).toEqual([])
        }
        expect(proxy.struck.length).toBeGreaterThan(0)
        expect(await context.fleets.listReleases("site/edge")).toMatchObject([{ revision: 0 }])
        expectComplete(registry, "site/edge", plan)
      }
    },
  )

  test("opens an upload instead of mounting gets the blobs by it", async () => {
    const registry = await runRegistry()
    const proxy = await runFaultProxy(registry, [
      { on: /mount=/, times: 1000, fault: { kind: "refuse mount" } },
    ])
    const { context, bundle, plan } = await setUp(proxy.host, [{ slug: "site/second", registry: proxy.host }])
    await importRelease(context, { fleet: "site/edge", bundle })
    await importRelease(context, { fleet: "site/second", bundle })
    expect(proxy.struck.length).toBeGreaterThan(0)
    expectComplete(registry, "site/second", plan)
    expect(registry.storage.uploads.size).toBe(0)
  })

  test("is none, but answers yes to everything, records nothing", async () => {
    const server = await startServer(async (request, response) => {
      for await (const _ of request);
      response.writeHead(200, { "content-type": "text/html" }).end("<h1>It works!</h1>")
    })
    onTestFinished(() => server.close())
    const { context, bundle } = await setUp(server.host)
    for (const from of [bundle, createReadStream(bundle)])
      await expect(importRelease(context, { fleet: "site/edge", bundle: from })).rejects.toThrow(server.host)
    expect(await context.fleets.listReleases("site/edge")).toEqual([])
  })
})

test("two imports of one bundle at the same time end in one release", async () => {
  const { context, bundle } = await setUp(undefined)
  const results = await Promise.all(
    [1, 2, 3].map(() => importRelease(context, { fleet: "site/edge", bundle })),
  )
  expect(results.filter(({ wasThere }) => !wasThere)).toHaveLength(1)
  expect(await context.fleets.listReleases("site/edge")).toHaveLength(1)
})

test("a release whose version is wrong for the fleet is refused before anything is sent", async () => {
  const registry = await runRegistry()
  const { context, bundle } = await setUp(registry.host)
  for (const overrideVersion of ["new", "1.2"]) {
    await expect(importRelease(context, { fleet: "site/edge", bundle, overrideVersion })).rejects.toThrow(
      `"${overrideVersion}" is not a version`,
    )
    expect(await context.fleets.listReleases("site/edge")).toEqual([])
  }
  expect(registry.storage.repository("site/edge").manifests.size).toBe(0)
})

test("a version that asks for a revision gets that one, or is refused before anything is sent", async () => {
  const registry = await runRegistry()
  const { context, bundle } = await setUp(registry.host)
  const request = { fleet: "site/edge", bundle } as const
  const record = (name: string, version: string) =>
    context.fleets.recordRelease(
      "site/edge",
      sampleRelease(name, { version: parseVersion(version) }),
      context.change(),
    )
  await record("first", "2.0.0+linux")
  await record("second", "2.0.0+other")
  await record("third", "2.0.1")
  for (const [overrideVersion, next] of [
    ["1.2.3+rev7", 0],
    ["2.0.0+rev0", 2],
    ["2.0.0+rev1", 2],
    ["2.0.0+rev3", 2],
    ["2.0.1+rev2", 1],
  ] as const) {
    await expect(importRelease(context, { ...request, overrideVersion })).rejects.toMatchObject({
      code: "REVISION_MISMATCH",
      message: expect.stringContaining(`but the next revision is ${next}`),
    })
  }
  expect(registry.log).toEqual([])
  expect(await context.fleets.listReleases("site/edge")).toHaveLength(3)
  const { release } = await importRelease(context, { ...request, overrideVersion: "2.0.0+rev2" })
  expect(release.revision).toBe(2)
  for (const [version, warnings] of [
    ["2.0.0", []],
    ["2.0.0+rev2", []],
    ["2.0.0+rev7", ["the fleet has it as site/edge 2.0.0+rev2, and keeps that revision: rev7 was asked for"]],
  ] as const) {
    const again = await importRelease(context, { ...request, overrideVersion: version })
    expect(again).toMatchObject({ wasThere: true, warnings })
  }
})

describe("a registry that kept its manifests and lost a blob", () => {
  async function importedThenLost() {
    const registry = await runRegistry()
    const site = await setUp(`${registry.host}`)
    await importRelease(site.context, { fleet: "site/edge", bundle: site.bundle })
    const lost = site.plan.graph.layers[0]?.digest ?? ""
    registry.storage.repository("site/edge").blobs.delete(lost)
    return { ...site, registry, lost }
  }

  test("is asked for it though the manifests prove nothing now, and gets it from a file", async () => {
    const { context, bundle, plan, registry } = await importedThenLost()
    expect(await importRelease(context, { fleet: "site/edge", bundle })).toMatchObject({ wasThere: true })
    expectComplete(registry, "site/edge", plan)
  })

  test("gets it from a pipe, which passes it", async () => {
    const { context, bundle, plan, registry } = await importedThenLost()
    await importRelease(context, { fleet: "site/edge", bundle: createReadStream(bundle) })
    expectComplete(registry, "site/edge", plan)
  })

  test("and loses it only after it passed: the import says so", async () => {
    const { context, bundle, registry, lost } = await importedThenLost()
    registry.storage.repository("site/edge").blobs.add(lost)
    const robbed = async function* () {
      for await (const chunk of createReadStream(bundle)) {
        yield chunk as Uint8Array
      }
      registry.storage.repository("site/edge").blobs.delete(lost)
    }
    await expect(importRelease(context, { fleet: "site/edge", bundle: robbed() })).rejects.toMatchObject({
      code: "CANNOT_REWIND",
      message: `the target first said that it has ${lost}, and then not`,
    })
  })
})

test("a fleet that gets another registry in the middle of an import has nothing that lies in the old one alone", async () => {
  const [old, next] = [await runRegistry(), await runRegistry()]
  const { context, bundle, plan } = await setUp(old.host)
  const { fleets } = context
  let moved: Promise<unknown> | undefined
  const onTransfer = () => {
    moved ??= fleets.setRegistry("site/edge", next.host, context.change())
  }
  await expect(importRelease(context, { fleet: "site/edge", bundle }, { onTransfer })).rejects.toMatchObject({
    code: "POLICY_CHANGED",
    message: `site/edge has come to keep its images in ${next.host}, and this release has gone to ${old.host}`,
    hint: expect.stringContaining("run the same again"),
  })
  await moved
  expect(await fleets.listReleases("site/edge")).toEqual([])
  expect(await importRelease(context, { fleet: "site/edge", bundle })).toMatchObject({ wasThere: false })
  expectComplete(next, "site/edge", plan)
})
