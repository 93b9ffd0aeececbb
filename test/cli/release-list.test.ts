import { expect, test } from "vitest"
import { parseVersion } from "../../src/fleet/version.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleFailure, sampleRelease } from "../fleet/sample-release.ts"
import { Machine } from "../support/cli.ts"
import type { PrintedRelease } from "../support/sample.ts"
import { serve } from "../support/served.ts"

/** A machine with a fleet of five releases: three successes, one of them a draft and one invalidated, and two failures. */
async function machineWithReleases(): Promise<Machine> {
  const machine = await Machine.create({ slug: "acme/edge", registry: "registry.example" })
  const home = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  const { fleets } = home
  const change = () => home.change()
  const version = (text: string) => ({ version: parseVersion(text) })
  const failureReason = `the image 日本語の長い名前 is not there: ${"it is looked for in vain; ".repeat(10)}`
  await fleets.recordUnsuccessfulRelease("acme/edge", sampleFailure("a", { failureReason }), change())
  await fleets.recordRelease("acme/edge", sampleRelease("b", version("1.2.3")), change())
  const { release } = await fleets.recordRelease("acme/edge", sampleRelease("c", version("1.10.0")), change())
  await fleets.invalidateRelease(release.id, change())
  await fleets.recordRelease(
    "acme/edge",
    { ...sampleRelease("d", version("2.0.0-rc.1")), isDraft: true },
    change(),
  )
  await fleets.recordUnsuccessfulRelease("acme/edge", sampleFailure("e", { status: "cancelled" }), change())
  await home.close()
  return machine
}

test("a list fits 80 columns, wide letters included; --no-trunc and --json have everything whole", async () => {
  const machine = await machineWithReleases()
  const table = await machine.ok("release list acme/edge")
  const widths = table.split("\n").map((line) => line.replace(/[\u3000-\u9fff]/g, "ww").length)
  expect(Math.max(...widths)).toBeLessThanOrEqual(80)
  expect(table).toMatch(/^1\.2\.3 +latest +[0-9a-f]{8} {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}sha256:[0-9a-f]{5}…$/m)
  expect(table).toMatch(/failed +.*the image 日…$/m)
  const whole = await machine.ok("release list acme/edge --no-trunc")
  expect(whole).toMatch(
    /^1\.2\.3 +latest +[0-9a-f]{40} {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}sha256:[0-9a-f]{64}$/m,
  )
  expect(whole).toMatch(/it is looked for in vain; $|vain;$/m)
  const [, , , success] = await machine.json<PrintedRelease[]>("release list acme/edge")
  expect(success).toMatchObject({ isLatest: true, release: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) })
})

test("--status and --limit are asked of where the releases are kept, here and on a server", async () => {
  const machine = await machineWithReleases()
  const { url, token } = await serve(machine)
  await machine.ok(`context create site --server ${url} --token ${token}`)
  for (const place of ["", "--context site"]) {
    const list = async (words: string) =>
      (await machine.json<PrintedRelease[]>(`release list acme/edge ${words} ${place}`)).map(
        ({ status, version, isLatest }) =>
          `${status} ${version.replace(/-\d{13}$/, "")}${isLatest ? " latest" : ""}`,
      )
    const [cancelled, ...others] = await list("")
    expect(cancelled).toMatch(/^cancelled /)
    expect(others).toHaveLength(4)
    expect(await list("--status failed")).toEqual([others[3]])
    expect(await list("--status success")).toEqual(others.slice(0, 3))
    expect(await list("--status success --limit 2")).toEqual(others.slice(0, 2))
    expect(await list("--limit 1")).toEqual([cancelled])
    expect(await list("--status running")).toEqual([])
    expect(await machine.ok(`release list acme/edge --status running ${place}`)).toBe(
      "acme/edge has no releases that are running\n",
    )
  }
  expect(await machine.run("release list acme/edge --status draft")).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/'draft' is invalid/),
  })
})
