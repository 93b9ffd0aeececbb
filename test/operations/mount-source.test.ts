import { expect, onTestFinished, test } from "vitest"
import { connect } from "../../src/client/connect.ts"
import { parseFleetSlug } from "../../src/fleet/slug.ts"
import type { Context } from "../../src/operations/context.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { systemClock } from "../../src/system-clock.ts"
import { createFleets, Machine } from "../support/cli.ts"
import { runRegistry } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"
import { bringBundle, createSample } from "../support/sample.ts"

const SISTERS = Array.from({ length: 200 }, (_, at) => `site/sister-${at}` as const)

async function homeOf(machine: Machine): Promise<Context> {
  const home = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  onTestFinished(() => home.close())
  return home
}

/** Imports into `site/edge`; gives the outcome of each blob, how often, and what was asked of the registry. */
async function importInto(context: Context, bundle: string, log: { method: string; url: string }[]) {
  const outcomes: Record<string, number> = {}
  const since = log.length
  await importRelease(
    context,
    { fleet: parseFleetSlug("site/edge"), bundle },
    {
      onTransfer(event) {
        if (event.type === "finished") outcomes[event.outcome] = (outcomes[event.outcome] ?? 0) + 1
      },
    },
  )
  const asked = log.slice(since).map(({ method, url }) => `${method} ${url}`)
  return { outcomes, asked, ofSisters: asked.filter((line) => /^HEAD \/v2\/site\/sister/.test(line)) }
}

/** A home with fleets in one registry, of which the first imports come before. */
async function site(sisters: readonly `${string}/${string}`[]) {
  const machine = await Machine.create()
  const registry = await runRegistry()
  const fleets = [...sisters, "site/edge"].map((slug) => ({
    slug: parseFleetSlug(slug),
    registry: registry.host,
  }))
  await createFleets(machine.path("home"), fleets)
  const context = await homeOf(machine)
  const { file } = await bringBundle(machine, 4_000_000)
  return { machine, registry, context, file }
}

test("one of 200 sisters has the release: all of it is mounted, with as few requests as of one sister", async () => {
  const counts: number[] = []
  for (const sisters of [SISTERS, SISTERS.slice(0, 1)]) {
    const { context, registry, file } = await site(sisters)
    await importRelease(context, { fleet: parseFleetSlug("site/sister-0"), bundle: file })
    const { outcomes, asked, ofSisters } = await importInto(context, file, registry.log)
    expect(Object.keys(outcomes)).toEqual(["mounted"])
    // As many as go at once ask before the first answer is there.
    expect(ofSisters.length).toBeLessThanOrEqual(4)
    counts.push(asked.length)
  }
  const [many = 0, one = 0] = counts
  expect(Math.abs(many - one)).toBeLessThanOrEqual(4)
})

test("none of 200 sisters has any of it: a few are asked a few times", async () => {
  const { context, registry, file } = await site(SISTERS)
  const { outcomes, ofSisters } = await importInto(context, file, registry.log)
  expect(Object.keys(outcomes)).toEqual(["sent"])
  expect(ofSisters.length).toBeLessThanOrEqual(3 * (4 + 4))
  expect(new Set(ofSisters.map((line) => line.split("/")[3])).size).toBeLessThanOrEqual(3)
})

test("the sister with the newest release has what is large of the version before: that is mounted", async () => {
  const { machine, context, registry, file } = await site(SISTERS)
  await importRelease(context, { fleet: parseFleetSlug("site/sister-77"), bundle: file })
  // The same application under another commit: the images are the same, the release is not.
  await createFleets(machine.path("home"), ["acme/next"])
  await createSample(machine, "acme/next", { size: 4_000_000, words: ["--commit", "c".repeat(40)] })
  await machine.ok("release export acme/next -o next.tar")
  const { outcomes, ofSisters } = await importInto(context, machine.path("next.tar"), registry.log)
  expect(outcomes.mounted).toBeGreaterThan(3)
  expect(ofSisters.every((line) => line.includes("/sister-77/"))).toBe(true)
})

test("a server's own registry finds the sister by itself: nothing is asked of any, and nothing is sent", async () => {
  const { url, token, home, lines } = await runServer()
  for (const slug of [...SISTERS, "site/edge"])
    await home.fleets.createFleet({ slug: parseFleetSlug(slug) }, home.change())
  const { file } = await bringBundle(await Machine.create())
  const context = await connect({ url, token, clock: systemClock })
  onTestFinished(() => context.close())
  await importRelease(context, { fleet: parseFleetSlug("site/sister-0"), bundle: file })
  const before = lines.length
  const { outcomes } = await importInto(context, file, [])
  expect(Object.keys(outcomes)).toEqual(["mounted"])
  const asked = lines.slice(before).map((line) => JSON.stringify(line))
  expect(asked.filter((line) => line.includes("sister"))).toEqual([])
})
