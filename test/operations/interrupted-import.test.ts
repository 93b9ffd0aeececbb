import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { makeSampleApplication } from "../../fixtures/sample-application/make.ts"
import type { FleetStore } from "../../src/fleet/fleet-store.ts"
import type { FleetContent } from "../../src/operations/context.ts"
import { createRelease } from "../../src/operations/create-release.ts"
import { openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { tagOrWarn } from "../../src/operations/tag-release.ts"
import { systemClock } from "../../src/system-clock.ts"
import { Machine } from "../support/cli.ts"
import type { Fault } from "../support/registry/fault-proxy.ts"
import { TestClock } from "../support/registry/test-clock.ts"
import { runFaultProxy, runRegistry } from "../support/running-registry.ts"
import { bringBundle } from "../support/sample.ts"
import { temporaryFolder } from "../support/temporary-folder.ts"

/** A home with a fleet in a registry in which tags meet a fault, and a bundle. */
async function setUp(fault: Fault) {
  const registry = await runRegistry()
  const proxy = await runFaultProxy(registry, [{ on: /^PUT .*\/manifests\/[^/:]+$/, times: 1000, fault }])
  const machine = await Machine.create()
  const { file } = await bringBundle(machine)
  const home = await openHome({ path: machine.path("home"), clock: new TestClock(), actor: "tester" })
  onTestFinished(() => home.close())
  await home.fleets.createFleet({ slug: "site/edge", registry: proxy.host }, home.change())
  return { home, proxy, bundle: file }
}

test("an import that is interrupted while it sets tags says so, and has recorded its release", async () => {
  const { home, proxy, bundle } = await setUp({ kind: "hang" })
  const stop = new AbortController()
  const running = importRelease(home, { fleet: "site/edge", bundle }, { signal: stop.signal })
  const outcome = expect(running).rejects.toThrow("interrupted by SIGINT")
  await expect.poll(() => proxy.struck.length, { interval: 5, timeout: 20_000 }).toBeGreaterThan(0)
  stop.abort(new Error("interrupted by SIGINT"))
  await outcome
  expect(await home.fleets.listReleases("site/edge")).toMatchObject([{ status: "success" }])
})

test("tags that a registry refuses are a warning, which says what to do", async () => {
  const { home, bundle } = await setUp({ kind: "answer", status: 403 })
  const { warnings } = await importRelease(home, { fleet: "site/edge", bundle })
  expect(warnings).toEqual([
    expect.stringMatching(
      /^its tags could not be set: PUT .*DENIED \(HTTP 403\); check that your account may do this there, or log in with /,
    ),
  ])
})

test("a fault of the program's own in setting tags is none of the registry", async () => {
  const { home, bundle } = await setUp({ kind: "answer", status: 403 })
  const { release } = await importRelease(home, { fleet: "site/edge", bundle })
  const content = {
    async tag() {
      throw new TypeError("undefined is not a function")
    },
  } as unknown as FleetContent
  await expect(tagOrWarn(content, release)).rejects.toThrow(TypeError)
})

test("everything that an import and a creation ask of the fleets can be interrupted", async () => {
  const folder = await temporaryFolder()
  const { composeFile } = await makeSampleApplication(folder, { size: 10_000 })
  await writeFile(join(folder, ".env"), "")
  const home = await openHome({ path: join(folder, "home"), clock: systemClock, actor: "tester" })
  onTestFinished(() => home.close())
  for (const slug of ["acme/edge", "site/edge"] as const)
    await home.fleets.createFleet({ slug }, home.change())
  const { signal } = new AbortController()
  const asked = new Set<string>()
  const deaf = new Set<string>()
  const fleets = new Proxy(home.fleets, {
    get:
      (target, name: keyof FleetStore) =>
      (...args: unknown[]) => {
        asked.add(name)
        if ((args.at(-1) as { signal?: AbortSignal }).signal !== signal) deaf.add(name)
        return (target[name] as (...args: unknown[]) => unknown)(...args)
      },
  })
  const context = { ...home, fleets }
  await createRelease(context, { fleet: "acme/edge", composeFile, version: "1.2.3+rev0" }, { signal })
  const machine = await Machine.create()
  const { file } = await bringBundle(machine)
  await importRelease(
    context,
    { fleet: "site/edge", bundle: file, overrideVersion: "1.2.3+rev0" },
    { signal },
  )
  expect([...asked].sort()).toEqual(["findReleases", "getFleet", "listReleases", "recordRelease"])
  expect([...deaf]).toEqual([])
})
