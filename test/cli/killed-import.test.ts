import { readdir, readFile } from "node:fs/promises"
import { setTimeout } from "node:timers/promises"
import { expect, test } from "vitest"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { createFleets, Machine } from "../support/cli.ts"
import type { TestRegistry } from "../support/registry/test-registry.ts"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundle, type SampleBundle } from "../support/sample.ts"
import { PHASES, runTripwire } from "../support/tripwire.ts"

const KILLS = 20

/** A moment of a whole run, whose length is 1: one in each part of it, as random as can be. */
function moment(kill: number): number {
  return (kill + Math.random()) / KILLS
}

/** Whether the fleet has the release, which then is whole; else the fleet must be as before the import. */
async function isRecorded(home: string, slug: FleetSlug, bundle: SampleBundle): Promise<boolean> {
  const context = await openHome({ path: home, clock: systemClock, actor: "tester" })
  try {
    const [release, ...others] = await context.fleets.listReleases(slug)
    expect(others).toEqual([])
    if (release === undefined) return false
    expect(release).toMatchObject({ status: "success", revision: 0, commit: bundle.commit })
    const { services } = await context.fleets.getRelease(release.id)
    expect(Object.fromEntries(services.map(({ name, digest }) => [name, digest]))).toEqual(bundle.images)
    return true
  } finally {
    await context.close()
  }
}

/** The blobs that a repository took in since a place in the log. */
function blobsSent(registry: TestRegistry, slug: string, since: number): string[] {
  return registry.log
    .slice(since)
    .filter(
      ({ method, url, status }) => method === "PUT" && url.startsWith(`/v2/${slug}/blobs/`) && status === 201,
    )
    .map(({ url }) => new URL(url, "http://localhost").searchParams.get("digest") ?? "")
}

test("an import into a registry that is killed at any request leaves the fleet as it was, or complete; the same command goes on and sends only what is missing", async () => {
  const registry = await runRegistry()
  const wire = await runTripwire(registry)
  const machine = await Machine.create({ slug: "first/edge", registry: wire.host })
  const bundle = await bringBundle(machine, 8_000_000)
  const home = machine.path("home")
  await machine.ok("release import release.tar first/edge")
  const requests = wire.count
  const whole = registry.storage.repository("first/edge")

  let kills = 0
  for (let fleet = 0; kills < KILLS; fleet++) {
    const slug = `org${fleet}/edge` as const
    await createFleets(home, [{ slug, registry: wire.host }])
    const stored = registry.storage.repository(slug)
    // Killed again and again, each time later, until a run comes to its end before the next kill.
    for (let ended = false; !ended; ) {
      const wasRecorded = await isRecorded(home, slug, bundle)
      const running = machine.start(`release import release.tar ${slug} --quiet --json`)
      let there = new Set<string>()
      let since = 0
      wire.set(Math.floor(moment(kills) * requests), PHASES[kills % PHASES.length] ?? "after", {
        // What was on its way at the last kill may have arrived since.
        begun() {
          there = new Set(stored.blobs)
          since = registry.log.length
        },
        trip: () => running.process.kill("SIGKILL"),
      })
      const { signal, status, stdout, stderr } = await running.outcome
      for (const digest of blobsSent(registry, slug, since)) expect(there).not.toContain(digest)
      ended = signal === null
      if (ended) {
        expect(status, stderr).toBe(0)
        expect(JSON.parse(stdout)).toMatchObject({
          wasThere: wasRecorded,
          version: "1.2.3",
          release: bundle.release,
        })
        expect(await isRecorded(home, slug, bundle)).toBe(true)
      } else {
        kills++
      }
      if (await isRecorded(home, slug, bundle)) {
        expect(stored.blobs).toEqual(whole.blobs)
        expect(new Set(stored.manifests.keys())).toEqual(new Set(whole.manifests.keys()))
      }
    }
    expect(stored.tags).toEqual(whole.tags)
  }
}, 180_000)

/** The number of blobs in a store; all have the content that their names say. */
async function countBlobs(home: string): Promise<number> {
  const folder = `${home}/store/blobs/sha256`
  const names = await readdir(folder).catch(() => [])
  for (const name of names) expect(digestOf(await readFile(`${folder}/${name}`))).toBe(`sha256:${name}`)
  return names.length
}

test("an import into the content store that is killed at any moment leaves the fleet as it was, or complete; the same command finishes it", async () => {
  const machine = await Machine.create("site/edge")
  const bundle = await bringBundle(machine, 30_000_000)
  const words = "release import release.tar site/edge --quiet --json"
  const start = performance.now()
  await machine.ok(words)
  const duration = performance.now() - start
  const count = await countBlobs(machine.path("home"))

  let kills = 0
  for (let attempt = 0; kills < KILLS; attempt++) {
    const home = machine.path(`home${attempt}`)
    await createFleets(home, ["site/edge"])
    for (let ended = false; !ended; ) {
      const wasRecorded = await isRecorded(home, "site/edge", bundle)
      const running = machine.start(words, { env: { WAYBILL_HOME: home } })
      await Promise.race([running.outcome, setTimeout(moment(kills % KILLS) * duration)])
      running.process.kill("SIGKILL")
      const { signal, status, stdout, stderr } = await running.outcome
      ended = signal === null
      if (ended) {
        expect(status, stderr).toBe(0)
        expect(JSON.parse(stdout)).toMatchObject({
          wasThere: wasRecorded,
          version: "1.2.3",
          release: bundle.release,
        })
        expect(await isRecorded(home, "site/edge", bundle)).toBe(true)
      } else {
        kills++
      }
      const blobs = await countBlobs(home)
      if (await isRecorded(home, "site/edge", bundle)) expect(blobs).toBe(count)
    }
  }
}, 180_000)
