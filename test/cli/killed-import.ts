import { existsSync } from "node:fs"
import { readdir, readFile, rm } from "node:fs/promises"
import { expect } from "vitest"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { createFleets, Machine, type Outcome } from "../support/cli.ts"
import { type Choice, killedAt, type Moment, momentsOf, some } from "../support/kills/moments.ts"
import type { TestRegistry } from "../support/registry/test-registry.ts"
import { runRegistry } from "../support/running-registry.ts"
import { bringBundle, type SampleBundle } from "../support/sample.ts"

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

/** A run that was killed, or came to its end before that moment and then did all that it had to. */
function expectKilled({ signal, status, stderr }: Outcome, moment: Moment): void {
  if (signal !== "SIGKILL") expect(status, `${moment}: ${stderr}`).toBe(0)
}

/**
 * Imports into a registry are killed at some of their moments, half of them twice; each time the fleet is as it was,
 * or complete, and the next run sends only what is missing.
 */
export async function killImportsIntoRegistry(choose: Choice): Promise<void> {
  const registry = await runRegistry()
  const machine = await Machine.create({ slug: "first/edge", registry: registry.host })
  const bundle = await bringBundle(machine, 3_000_000)
  const home = machine.path("home")
  const moments = await momentsOf((env) => machine.ok("release import release.tar first/edge", { env }))
  expect(moments.join("\n")).toMatch(/^after PUT \d+$/m)
  const whole = registry.storage.repository("first/edge")

  const first = choose(moments)
  const second = some(first.length, "the second kill")(moments)
  let kills = 0
  for (const [at, moment] of first.entries()) {
    const slug = `org${at}/edge` as const
    await createFleets(home, [{ slug, registry: registry.host }])
    const stored = registry.storage.repository(slug)
    const run = async (last?: Moment) => {
      const wasRecorded = await isRecorded(home, slug, bundle)
      // What was on its way at the last kill may have arrived since.
      await registry.idle()
      const there = new Set(stored.blobs)
      const since = registry.log.length
      const words = `release import release.tar ${slug} --quiet --json`
      const outcome = await machine.run(words, last === undefined ? {} : { env: killedAt(last) })
      await registry.idle()
      for (const digest of blobsSent(registry, slug, since)) expect(there, moment).not.toContain(digest)
      const isThere = await isRecorded(home, slug, bundle)
      if (wasRecorded) expect(isThere, moment).toBe(true)
      if (isThere) {
        expect(stored.blobs, moment).toEqual(whole.blobs)
        expect(new Set(stored.manifests.keys()), moment).toEqual(new Set(whole.manifests.keys()))
      }
      return { ...outcome, wasRecorded }
    }
    for (const last of at % 2 === 0 ? [moment] : [moment, second[at] ?? moment]) {
      const outcome = await run(last)
      expectKilled(outcome, last)
      if (outcome.signal !== null) kills++
    }
    const { status, stdout, stderr, wasRecorded } = await run()
    expect(status, `${moment}: ${stderr}`).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      wasThere: wasRecorded,
      version: "1.2.3",
      release: bundle.release,
    })
    expect(await isRecorded(home, slug, bundle)).toBe(true)
    expect(stored.tags, moment).toEqual(whole.tags)
  }
  expect(kills).toBeGreaterThanOrEqual(first.length / 2)
}

/** The number of blobs in a store; all have the content that their names say. */
async function countBlobs(home: string): Promise<number> {
  const folder = `${home}/store/blobs/sha256`
  const names = existsSync(folder) ? await readdir(folder) : []
  for (const name of names) expect(digestOf(await readFile(`${folder}/${name}`))).toBe(`sha256:${name}`)
  return names.length
}

/**
 * Imports into the content store are killed at some of their moments, half of them twice; each time the fleet is as
 * it was, or complete, and the next run finishes.
 */
export async function killImportsIntoStore(choose: Choice): Promise<void> {
  const machine = await Machine.create("site/edge")
  const bundle = await bringBundle(machine, 3_000_000)
  const words = "release import release.tar site/edge --quiet --json"
  const moments = await momentsOf((env) => machine.ok(words, { env }))
  expect(moments).toContain("before insert into releases 1")
  const blobs = await countBlobs(machine.path("home"))

  const first = choose(moments)
  const second = some(first.length, "the second kill")(moments)
  let kills = 0
  for (const [at, moment] of first.entries()) {
    const home = machine.path(`home${at}`)
    await createFleets(home, ["site/edge"])
    const run = async (last?: Moment) => {
      const wasRecorded = await isRecorded(home, "site/edge", bundle)
      const outcome = await machine.run(words, {
        env: { WAYBILL_HOME: home, ...(last !== undefined && killedAt(last)) },
      })
      const found = await countBlobs(home)
      const isThere = await isRecorded(home, "site/edge", bundle)
      if (wasRecorded) expect(isThere, moment).toBe(true)
      if (isThere) expect(found, moment).toBe(blobs)
      return { ...outcome, wasRecorded }
    }
    for (const last of at % 2 === 0 ? [moment] : [moment, second[at] ?? moment]) {
      const outcome = await run(last)
      expectKilled(outcome, last)
      if (outcome.signal !== null) kills++
    }
    const { status, stdout, stderr, wasRecorded } = await run()
    expect(status, `${moment}: ${stderr}`).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      wasThere: wasRecorded,
      version: "1.2.3",
      release: bundle.release,
    })
    expect(await isRecorded(home, "site/edge", bundle)).toBe(true)
    await rm(home, { recursive: true })
  }
  expect(kills).toBeGreaterThanOrEqual(first.length / 2)
}
