import { rename } from "node:fs/promises"
import { expect } from "vitest"
import { parse } from "yaml"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { parseVersion } from "../../src/fleet/version.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleDevice, uuidOf } from "../fleet/sample-device.ts"
import { sampleFailure, sampleRelease } from "../fleet/sample-release.ts"
import { Machine } from "../support/cli.ts"
import { bringBundle } from "../support/sample.ts"
import { serve } from "../support/served.ts"

const DEVICES = 20
const PIN = uuidOf(7)

/** Where a story is told: its commands, and the home behind them. */
interface Stage {
  machine: Machine
  run: (command: string) => Promise<string>
}

export async function embedded(): Promise<Stage> {
  const machine = await Machine.create()
  return { machine, run: runner(machine) }
}

export async function served(): Promise<Stage> {
  const server = await Machine.create()
  const { url, token } = await serve(server)
  const machine = await Machine.create()
  await machine.ok(`context create site --server ${url} --token -`, { input: Buffer.from(`${token}\n`) })
  await machine.ok("context use site")
  return { machine: server, run: runner(machine) }
}

/** Runs a command, and gives what a person sees. */
function runner(machine: Machine): Stage["run"] {
  return async (command) => {
    const words = command.includes(" import ") ? `${command} --quiet` : command
    const { status, stdout, stderr } = await machine.run(words)
    return `$ ${command}\n${stdout}${stderr}(${status})\n`.replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+Z?/g, "TIME")
  }
}

/** Devices and releases that are there when a story begins, without a process for each. */
async function prepare(
  machine: Machine,
  work: (home: Awaited<ReturnType<typeof openHome>>) => Promise<void>,
) {
  const home = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  try {
    await work(home)
  } finally {
    await home.close()
  }
}

const EDGE: FleetSlug = "acme/edge"

/** Bundles of one version, and where they are. */
export async function bringBundles(): Promise<string[]> {
  const bundles: string[] = []
  const carrier = await Machine.create()
  for (const size of [200_000, 210_000, 220_000]) {
    const { file } = await bringBundle(carrier, size)
    const path = carrier.path(`${size}.tar`)
    await rename(file, path)
    bundles.push(path)
  }
  return bundles
}

/** Tells the story of twenty devices, and returns all that was seen. */
export async function tellStory(
  { machine, run }: Stage,
  registry: string,
  bundles: readonly string[],
): Promise<string[]> {
  await prepare(machine, async ({ fleets, change }) => {
    await fleets.createFleet({ slug: EDGE, registry }, change())
    for (let at = 0; at < DEVICES; at++) await fleets.registerDevice(EDGE, sampleDevice(at), change())
  })
  const [first = "", second = "", third = ""] = bundles
  const seen: string[] = []
  const say = async (command: string) => {
    const output = await run(command)
    seen.push(output)
    return output
  }
  const targets = async () => {
    const rows = (await say(`device list ${EDGE}`)).split("\n").slice(2, 2 + DEVICES)
    expect(rows).toHaveLength(DEVICES)
    return Map.groupBy(rows, (row) =>
      row
        .slice(32)
        .replace(/^\s+–\s+/, "")
        .trim(),
    )
  }
  const all = (text: string) => ({ [text]: DEVICES })
  const counts = async () =>
    Object.fromEntries(
      [...(await targets())].map(([text, rows]) => [text.replaceAll(/\s+/g, " "), rows.length]),
    )

  await say(`release import ${first} ${EDGE}`)
  expect(await counts()).toEqual(all("1.2.3 – Tracking"))
  await say(`release import ${second} ${EDGE}`)
  expect(await counts()).toEqual(all("1.2.3+rev1 – Tracking"))

  await say(`device pin ${PIN} 1.2.3+rev0`)
  await say(`fleet pin ${EDGE} 1.2.3+rev1`)
  await say(`release import ${third} ${EDGE}`)
  const one = { "1.2.3 (pinned) – Pinned": 1 }
  expect(await counts()).toEqual({ "1.2.3+rev1 – Tracking": DEVICES - 1, ...one })

  expect(await say(`fleet track-latest ${EDGE}`)).toContain(
    "its target moves from 1.2.3+rev1 to 1.2.3+rev2; 19 devices follow",
  )
  expect(await counts()).toEqual({ "1.2.3+rev2 – Tracking": DEVICES - 1, ...one })

  expect(await say(`release invalidate ${EDGE} --version 1.2.3+rev2`)).toContain(
    "its target moves from 1.2.3+rev2 (invalidated) to 1.2.3+rev1; 19 devices follow",
  )
  expect(await counts()).toEqual({ "1.2.3+rev1 – Tracking": DEVICES - 1, ...one })
  expect(await say(`release invalidate ${EDGE} --version 1.2.3+rev0`)).toContain(
    "1 device stays pinned to it",
  )
  expect(await say(`release invalidate ${EDGE} --version 1.2.3+rev1`)).toContain(
    `no valid release is left: ${EDGE} stays on 1.2.3+rev1`,
  )
  await say(`release validate ${EDGE} --version 1.2.3+rev2`)
  await say(`release rm ${EDGE} --version 1.2.3+rev0`)
  await say(`device track-fleet ${PIN}`)
  await say(`release rm ${EDGE} --version 1.2.3+rev0`)
  await say(`release rm ${EDGE} --version 1.2.3+rev2`)
  expect(await counts()).toEqual(all("1.2.3+rev2 – Tracking"))
  await say(`fleet pin ${EDGE}`)
  await say(`device pin ${PIN}`)
  await say(`fleet show ${EDGE}`)
  await say("fleet list")
  await say(`release list ${EDGE}`)
  const compose = await say(`device target ${PIN} --format compose`)
  const { services } = parse(compose.slice(compose.indexOf("\n") + 1, compose.lastIndexOf("(0)")))
  expect(services.web.image).toMatch(new RegExp(`^${registry}/acme/edge@sha256:[0-9a-f]{64}$`))
  return seen
}

/** What may not be pinned is refused with the reason. */
export async function refusePins({ machine, run }: Stage): Promise<void> {
  const shared = "abcdef0"
  const commits = {
    one: `${shared}1`,
    other: `${shared}2`,
    failed: "bad0000",
    foreign: "f0e1900",
    gone: "9090900",
  }
  await prepare(machine, async ({ fleets, change }) => {
    for (const slug of [EDGE, "site/edge"] as const) {
      await fleets.createFleet({ slug, registry: "registry.example" }, change())
    }
    const version = parseVersion("1.0.0")
    await fleets.recordRelease(EDGE, sampleRelease("1", { commit: commits.one, version }), change())
    await fleets.recordRelease(EDGE, sampleRelease("2", { commit: commits.other, version }), change())
    await fleets.recordUnsuccessfulRelease(EDGE, sampleFailure("3", { commit: commits.failed }), change())
    await fleets.recordRelease("site/edge", sampleRelease("4", { commit: commits.foreign }), change())
    const { release: gone } = await fleets.recordRelease(
      EDGE,
      sampleRelease("5", { commit: commits.gone }),
      change(),
    )
    await fleets.invalidateRelease(gone.id, change())
    await fleets.recordRelease(EDGE, sampleRelease("6", { version, isDraft: true }), change())
    await fleets.registerDevice(EDGE, sampleDevice(1), change())
  })
  for (const subject of [`fleet pin ${EDGE}`, `device pin ${uuidOf(1)}`]) {
    for (const [release, reason] of [
      [
        shared,
        /names 2 releases: .*1\.0\.0\+rev1 \(abcdef02\), .*1\.0\.0 \(abcdef01\)[\s\S]*hint: give more digits/,
      ],
      [commits.failed, /failed/],
      [commits.foreign, /it is a release of site\/edge/],
      [commits.gone, /invalidated/],
      ["0000000", /no release has the commit 0000000/],
      ["9.9.9", /acme\/edge has no release 9\.9\.9/],
    ] as const) {
      const output = await run(`${subject} ${release}`)
      expect(output).toMatch(reason)
      expect(output).toMatch(/\(1\)\n$/)
    }
  }
  const draft = /1\.0\.0-\d+/.exec(await run(`release list ${EDGE}`))?.[0]
  expect(await run(`fleet pin ${EDGE} ${draft}`)).toMatch(/draft[\s\S]*\(1\)\n$/)
  expect(await run(`device pin ${uuidOf(1)} ${draft}`)).toMatch(/is pinned to 1\.0\.0-\d+\n\(0\)\n$/)
  expect(await run(`fleet pin ${EDGE}`)).toContain("acme/edge tracks its latest release")
}
