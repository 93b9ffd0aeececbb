import { expect, test } from "vitest"
import type { FleetSlug } from "../../src/fleet/slug.ts"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import { sampleDevice } from "../fleet/sample-device.ts"
import { Machine } from "../support/cli.ts"
import { bringBundle } from "../support/sample.ts"

const EDGE: FleetSlug = "acme/edge"

/** A machine with a bundle of 1.2.3, and a fleet in which devices follow. */
async function machineWithDevices(count: number) {
  const machine = await Machine.create(EDGE)
  const { file } = await bringBundle(machine)
  const home = await openHome({ path: machine.path("home"), clock: systemClock, actor: "tester" })
  for (let number = 0; number < count; number++) {
    await home.fleets.registerDevice(EDGE, sampleDevice(number), home.change())
  }
  await home.close()
  return { machine, file }
}

test("an older bundle does not roll a fleet back unsaid", async () => {
  const { machine, file } = await machineWithDevices(12)
  const first = `release create ${EDGE} -f application/compose.yml --version 1.3.0 --quiet`
  expect(await machine.ok(first)).toContain(
    `${EDGE} tracks latest: its target moves from none to 1.3.0; 12 devices follow\n`,
  )
  const older = await machine.ok(`release import ${file} ${EDGE} --quiet`)
  expect(older).toContain(
    `${EDGE} tracks latest: its target moves from 1.3.0 to 1.2.3; 12 devices follow\n` +
      "1.2.3 is older than 1.3.0: devices go back to it\n",
  )
  const again = await machine.json(`release import ${file} ${EDGE} --quiet`)
  const target = { fleet: EDGE, version: "1.2.3" }
  expect(again).toMatchObject({
    wasThere: true,
    target: { before: target, after: target, isPinned: false, devices: { tracking: 12, pinned: 0 } },
  })
  expect(await machine.ok(`release import ${file} ${EDGE} --quiet`)).toContain(
    `${EDGE} tracks latest: its target stays 1.2.3; no device moves\n`,
  )
  expect(await machine.ok(`fleet history ${EDGE}`)).toMatch(
    /release\.import +1\.2\.3 \(\w{12}\), target 1\.3\.0 → 1\.2\.3 for 12 devices$/m,
  )
})

test("a pinned fleet stays where it is, and an import says so", async () => {
  const { machine, file } = await machineWithDevices(2)
  const create = `release create ${EDGE} -f application/compose.yml --version 1.3.0 --quiet`
  await machine.ok(create)
  await machine.ok(`fleet pin ${EDGE} 1.3.0`)
  expect(await machine.ok(`release import ${file} ${EDGE} --quiet`)).toContain(
    `${EDGE} is pinned to 1.3.0: no device moves\n`,
  )
})

test("a dry run says what devices would run, and changes nothing", async () => {
  const { machine, file } = await machineWithDevices(2)
  await machine.ok(`release import ${file} ${EDGE} --quiet`)
  await machine.ok(`release create ${EDGE} -f application/compose.yml --version 1.3.0 --quiet`)
  const before = await machine.ok(`fleet history ${EDGE}`)
  const dry = "nothing is changed; without --dry-run:\n"
  expect(await machine.ok(`fleet pin ${EDGE} 1.2.3 --dry-run`)).toBe(
    `${dry}pinned ${EDGE} to 1.2.3\n${EDGE} is pinned: its target moves from 1.3.0 to 1.2.3; 2 devices follow\n` +
      "1.2.3 is older than 1.3.0: devices go back to it\n",
  )
  expect(await machine.ok(`release invalidate ${EDGE} 1.3.0 --dry-run`)).toContain(
    `${dry}${EDGE} 1.3.0 is invalidated\n${EDGE} tracks latest: its target moves from 1.3.0 (invalidated) to 1.2.3; 2 devices follow\n`,
  )
  expect(await machine.json(`fleet track-latest ${EDGE} --dry-run`)).toMatchObject({
    dryRun: true,
    target: { before: { version: "1.3.0" }, after: { version: "1.3.0" } },
  })
  expect(await machine.ok(`fleet history ${EDGE}`)).toBe(before)
})
