import { expect } from "vitest"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { Machine } from "../support/cli.ts"
import { writeSample } from "../support/sample.ts"
import { serve } from "../support/served.ts"

const EDGE = "acme/edge"
const FLEETS: readonly FleetSlug[] = [EDGE, "site/edge"]
const UUID = "3f2a6c1e9b0d4857a1c2e3f405162738"

/** A machine with two fleets and the sample application, whose commands work in its home. */
export async function embedded(): Promise<Machine> {
  const machine = await Machine.create(...FLEETS)
  await writeSample(machine, 1000)
  return machine
}

/** The same, whose commands go to a server of that home. */
export async function served(): Promise<Machine> {
  const machine = await embedded()
  const { url, token } = await serve(machine)
  const input = Buffer.from(`${token}\n`)
  await machine.ok(`context create there --server ${url} --token -`, { input })
  machine.env.WAYBILL_CONTEXT = "there"
  return machine
}

/** All that commands change: both fleets, with their releases, devices and history. */
export async function stateOf(machine: Machine) {
  const context = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  try {
    const { fleets } = context
    const read = FLEETS.map(async (fleet) => ({
      fleet: await fleets.getFleet(fleet),
      releases: await fleets.listReleases(fleet),
      devices: await fleets.listDevices({ fleet }),
      history: await fleets.listEvents(fleet),
    }))
    return await Promise.all(read)
  } finally {
    await context.close()
  }
}

const CREATE = `release create ${EDGE} -f application/compose.yml`

/** Each with what the history says of it, if anything. */
const STORY: readonly [command: string, action: string | undefined][] = [
  [`${CREATE} --version 1.2.3 --commit c0ffee0 --note first`, "release.create"],
  [`${CREATE} --version 1.3.0`, "release.create"],
  [`${CREATE} --version 1.4.0 --commit d0d0d0d0 --draft`, "release.create"],
  ["release finalize d0d0d0d0", "release.finalize"],
  [`release invalidate ${EDGE} --version 1.4.0`, "release.invalidate"],
  [`release validate ${EDGE} --version 1.4.0`, "release.validate"],
  ["release export c0ffee0 -o release.tar", undefined],
  ["release import release.tar site/edge", "release.import"],
  [`fleet pin ${EDGE} 1.2.3`, "fleet.pin"],
  [`fleet track-latest ${EDGE}`, "fleet.track-latest"],
  [`device pin ${UUID} 1.2.3`, "device.pin"],
  [`device track-fleet ${UUID}`, "device.track-fleet"],
  [`fleet publish ${EDGE}`, "fleet.publish"],
  [`fleet unpublish ${EDGE}`, "fleet.unpublish"],
  [`release record-failure ${EDGE} --commit badbad0 --version 1.5.0`, "release.fail"],
]

/** Runs every command twice: the second time nothing changes, and the history has a line for each in the end. */
export async function tellTwice(machine: Machine): Promise<void> {
  await machine.ok(`device register ${EDGE} --uuid ${UUID}`)
  const already = (await stateOf(machine)).flatMap(({ history }) => history).length
  for (const [command] of STORY) {
    await machine.ok(`${command} --quiet`)
    const once = await stateOf(machine)
    await machine.ok(`${command} --quiet`)
    expect(await stateOf(machine), command).toEqual(once)
  }
  const history = (await stateOf(machine)).flatMap((state) => state.history)
  const done = history.toSorted((one, other) => one.id - other.id).slice(already)
  expect(done.map(({ action }) => action)).toEqual(STORY.flatMap(([, action]) => action ?? []))
}
