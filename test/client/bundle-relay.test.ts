import { createReadStream } from "node:fs"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { expect, onTestFinished, test } from "vitest"
import { planBundle } from "../../src/bundle/bundle-plan.ts"
import { bundleBytes } from "../../src/bundle/bundle-stream-writer.ts"
import { connect } from "../../src/client/connect.ts"
import { collect } from "../../src/content/read-document.ts"
import type { TransferEvent } from "../../src/content/transfer-event.ts"
import { exportRelease } from "../../src/operations/export-release.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import type { RegistryError } from "../../src/registry/registry-error.ts"
import { MemoryContent } from "../support/memory-content.ts"
import type { FaultRule } from "../support/registry/fault-proxy.ts"
import { startFaultProxy } from "../support/registry/fault-proxy.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { putRelease } from "../support/release.ts"
import { runRegistry } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

const FLEET = "acme/edge"
const LOGIN = { username: "server", password: "of the server alone" }

const source = new MemoryContent()
const { descriptor } = await putRelease(source)
const plan = await planBundle(source, descriptor)
const whole = Buffer.from(await collect(bundleBytes(source, plan)))

/** A fleet whose registry takes the server's login, of which the client has none; and a proxy before the server that makes trouble. */
async function setUp(script: readonly FaultRule[] = []) {
  const registry = await runRegistry({ auth: { kind: "basic", users: { [LOGIN.username]: LOGIN.password } } })
  const server = await runServer({ registry: async () => ({ credentials: { lookup: async () => LOGIN } }) })
  const { home } = server
  await home.fleets.createFleet({ slug: FLEET, registry: registry.host }, home.change())
  const proxy = await startFaultProxy(new URL(server.url).host, script)
  const remote = await connect({ url: `http://${proxy.host}`, token: server.token, clock: new TestClock() })
  onTestFinished(async () => {
    await remote.close()
    await proxy.close()
  })
  const folder = await temporaryFolder()
  const file = join(folder, "release.tar")
  await writeFile(file, whole)
  const reasons: RegistryError[] = []
  const events: TransferEvent[] = []
  const options = {
    onRelay: (reason: RegistryError) => reasons.push(reason),
    onTransfer: (event: TransferEvent) => void events.push(event),
  }
  return { registry, server, home, proxy, remote, folder, file, reasons, events, options }
}

const outcomes = (events: readonly TransferEvent[]) =>
  events.flatMap((event) => (event.type === "finished" ? [event.outcome] : []))

test("a bundle goes into a fleet through the server, and out again, where the client has no login for the registry", async () => {
  const { remote, file, folder, reasons, events, options, home } = await setUp()
  const { release, wasThere, target, imported } = await importRelease(
    remote,
    { fleet: FLEET, bundle: file },
    options,
  )
  expect({ wasThere, revision: release.revision, isDraft: imported.isDraft }).toEqual({
    wasThere: false,
    revision: 0,
    isDraft: false,
  })
  expect(target.after?.version).toBe("1.2.3")
  expect(reasons).toMatchObject([{ code: "UNAUTHORIZED" }])
  expect(new Set(outcomes(events))).toEqual(new Set(["sent"]))
  expect(await home.fleets.listEvents(FLEET)).toMatchObject([
    { action: "release.import", actor: "administrator" },
    {},
  ])

  const output = join(folder, "exported.tar")
  const { plan: exported, integrity } = await exportRelease(remote, { fleet: FLEET }, output, {
    ...options,
    integrity: ["sha256"],
  })
  expect((await readFile(output)).equals(whole)).toBe(true)
  expect(exported.size).toBe(whole.length)
  expect(integrity).toMatch(/^sha256-/)
  const sink = new PassThrough()
  const [piped] = await Promise.all([collect(sink), exportRelease(remote, { fleet: FLEET }, sink)])
  expect(whole.equals(piped)).toBe(true)

  events.length = 0
  const again = await importRelease(
    remote,
    { fleet: FLEET, bundle: file, isDraft: true },
    { ...options, integrity },
  )
  expect([again.wasThere, again.imported.isDraft]).toEqual([true, true])
  expect(new Set(outcomes(events))).toEqual(new Set(["present"]))
})

test("a pipe goes through the server whole, and one that is another file than is wanted records nothing", async () => {
  const { remote, file, options, home } = await setUp()
  const other = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  const wrong = importRelease(
    remote,
    { fleet: FLEET, bundle: createReadStream(file) },
    { ...options, integrity: other },
  )
  await expect(wrong).rejects.toMatchObject({ code: "INTEGRITY_MISMATCH" })
  expect(await home.fleets.listReleases(FLEET)).toEqual([])
  const request = { fleet: FLEET, bundle: createReadStream(file), overrideVersion: "2.0.0" } as const
  expect(await importRelease(remote, request, options)).toMatchObject({
    wasThere: false,
    release: { revision: 0 },
  })
})

test("a download that breaks goes on from the byte that it reached, and ends in the same file", async () => {
  const { remote, file, folder, options, proxy } = await setUp([
    { on: /bundle$/, times: 1, fault: { kind: "drop download", after: 3000 } },
    { on: /bundle$/, times: 1, fault: { kind: "drop download", after: 4000 } },
  ])
  await importRelease(remote, { fleet: FLEET, bundle: file })
  const output = join(folder, "exported.tar")
  await exportRelease(remote, { fleet: FLEET }, output, options)
  expect((await readFile(output)).equals(whole)).toBe(true)
  expect(proxy.struck).toHaveLength(2)
  expect(proxy.seen.filter((line) => line.endsWith("/bundle"))).toHaveLength(3)
})

test("a byte that is changed on the way is found, and no file is left", async () => {
  const layer = plan.files.find(({ size }) => size === 5000)
  const { remote, file, folder } = await setUp([
    { on: /bundle$/, times: 9, fault: { kind: "flip", at: (layer?.offset ?? 0) + 10 } },
  ])
  await importRelease(remote, { fleet: FLEET, bundle: file })
  const before = await readdir(folder)
  const work = exportRelease(remote, { fleet: FLEET }, join(folder, "exported.tar"))
  await expect(work).rejects.toMatchObject({
    code: "BUNDLE_DAMAGED",
    message: expect.stringContaining(layer?.name ?? ""),
  })
  expect(await readdir(folder)).toEqual(before)
})

test("an upload that breaks is gone on with, and ends in the very blobs", async () => {
  const { remote, file, registry, proxy, home } = await setUp([
    { on: /^(PUT|PATCH) .*uploads/, times: 2, fault: { kind: "drop upload", after: 100 } },
    { on: /^(PUT|PATCH) .*uploads/, times: 1, skip: 1, fault: { kind: "drop answer" } },
  ])
  const { wasThere } = await importRelease(remote, { fleet: FLEET, bundle: file }, { concurrency: 1 })
  expect(wasThere).toBe(false)
  expect(proxy.struck).toHaveLength(3)
  for (const { digest } of [...plan.graph.configs, ...plan.graph.layers]) {
    expect(registry.storage.hasBlob(FLEET, digest)).toBe(true)
  }
  expect(await home.fleets.listReleases(FLEET)).toHaveLength(1)
})

test("where the registry can be used from here, nothing goes through the server", async () => {
  const { remote, registry, server, home, file, reasons, options } = await setUp()
  const direct = await connect({
    url: server.url,
    token: server.token,
    clock: new TestClock(),
    registry: async () => ({ credentials: { lookup: async () => LOGIN } }),
  })
  onTestFinished(() => direct.close())
  await importRelease(direct, { fleet: FLEET, bundle: file }, options)
  expect(reasons).toEqual([])
  expect(server.lines.map(({ path }) => path).filter((path) => String(path).includes("bundles"))).toEqual([])
  expect(await home.fleets.listReleases(FLEET)).toHaveLength(1)
  expect(registry.log.length).toBeGreaterThan(0)
  expect(remote.relay).toBeDefined()
})
