import { readdir, readFile } from "node:fs/promises"
import { setTimeout } from "node:timers/promises"
import { expect, test } from "vitest"
import { digestOf } from "../../src/oci/digest.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { createFleets, Machine } from "../support/cli.ts"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundle, type PrintedRelease, type SampleBundle } from "../support/sample.ts"
import { PHASES, runTripwire } from "../support/tripwire.ts"

const KILLS = 20

/** A fleet's only release if it is there and whole, `undefined` if the fleet is as before the import. */
async function recorded(home: string, slug: `${string}/${string}`, bundle: SampleBundle) {
  const context = await openHome({ path: home, clock: systemClock })
  try {
    const [release, ...others] = await context.fleets.listReleases(slug)
    expect(others).toEqual([])
    if (release === undefined) return undefined
    expect(release).toMatchObject({ status: "success", revision: 0, commit: bundle.commit })
    const { services } = await context.fleets.getRelease(release.id)
    expect(Object.fromEntries(services.map(({ name, digest }) => [name, digest]))).toEqual(bundle.images)
    return release
  } finally {
    await context.close()
  }
}

test("an import into a registry that is killed at any request leaves the fleet as it was, or complete; the same command finishes it and sends only what is missing", async () => {
  const registry = await runRegistry()
  const wire = await runTripwire(registry)
  const machine = await Machine.create({ slug: "first/edge", registry: wire.host })
  const bundle = await bringBundle(machine, 8_000_000)
  const home = machine.path("home")
  const whole = await machine.json<PrintedRelease>("release import release.tar first/edge")
  const requests = wire.count
  const { blobs } = registry.storage.repository("first/edge")
  const tags = registry.storage.repository("first/edge").tags

  let complete = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const slug = `org${kill}/edge` as const
    await createFleets(home, [{ slug, registry: wire.host }])
    const stored = registry.storage.repository(slug)
    // A moment in each part of the transfer; which one of its requests comes then, differs from run to run.
    const at = Math.min(requests - 1, Math.floor(((kill + Math.random()) / KILLS) * requests))
    const words = `release import release.tar ${slug} --quiet`
    const killed = machine.start(words)
    wire.set(at, PHASES[kill % PHASES.length] ?? "after", () => killed.process.kill("SIGKILL"))
    expect((await killed.outcome).signal).toBe("SIGKILL")

    const before = await recorded(home, slug, bundle)
    if (before) {
      complete++
      expect(stored.manifests.has(bundle.release)).toBe(true)
    }
    // What was on its way at the kill may have arrived since.
    let there = new Set<string>()
    let since = 0
    wire.lift(() => {
      there = new Set(stored.blobs)
      since = registry.log.length
    })
    const again = await machine.json<PrintedRelease>(words)
    expect(again).toMatchObject({ wasThere: before !== undefined, version: "1.2.3", release: whole.release })
    await recorded(home, slug, bundle)
    expect(stored.blobs).toEqual(blobs)
    expect(stored.tags).toEqual(tags)
    const sent = registry.log
      .slice(since)
      .filter(({ method, url, status }) => method === "PUT" && url.includes("/blobs/") && status === 201)
      .map(({ url }) => new URL(url, "http://localhost").searchParams.get("digest") ?? "")
    expect(sent.sort()).toEqual([...blobs].filter((digest) => !there.has(digest)).sort())
  }
  // The kills came before the record and after it.
  expect(complete).toBeGreaterThan(0)
  expect(complete).toBeLessThan(KILLS)
}, 60_000)

/** All blobs of a store have the content that their names say. */
async function checkBlobs(machine: Machine, home: string): Promise<number> {
  const folder = machine.path(home, "store/blobs/sha256")
  const names = await readdir(folder).catch(() => [])
  for (const name of names) expect(digestOf(await readFile(`${folder}/${name}`))).toBe(`sha256:${name}`)
  return names.length
}

test("an import into the content store that is killed at any moment leaves the fleet as it was, or complete; the same command finishes it", async () => {
  const machine = await Machine.create("site/edge")
  const bundle = await bringBundle(machine, 30_000_000)
  const words = "release import release.tar site/edge --quiet"
  const start = performance.now()
  await machine.ok(words)
  const duration = performance.now() - start
  const count = await checkBlobs(machine, "home")

  let early = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const home = machine.path(`home${kill}`)
    const env = { WAYBILL_HOME: home }
    await createFleets(home, ["site/edge"])
    const killed = machine.start(words, { env })
    await Promise.race([killed.outcome, setTimeout(((kill + Math.random()) / KILLS) * duration)])
    killed.process.kill("SIGKILL")
    await killed.outcome

    const before = await recorded(home, "site/edge", bundle)
    if (before === undefined) early++
    const there = await checkBlobs(machine, `home${kill}`)
    if (before) expect(there).toBe(count)
    const again = await machine.json<PrintedRelease>(words, { env })
    expect(again).toMatchObject({ wasThere: before !== undefined, version: "1.2.3", release: bundle.release })
    await recorded(home, "site/edge", bundle)
    expect(await readdir(machine.path(`home${kill}/store/blobs/sha256`))).toHaveLength(count)
    expect(await readdir(machine.path(`home${kill}/store/ingest`))).toEqual([])
  }
  expect(early).toBeGreaterThan(0)
}, 60_000)
