import { readdir, readFile, rm } from "node:fs/promises"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { exportRelease } from "../../src/operations/export-release.ts"
import { type Home, openHome } from "../../src/operations/home.ts"
import { importRelease } from "../../src/operations/import-release.ts"
import { collectStoreGarbage, verifyStore } from "../../src/operations/maintain-store.ts"
import { systemClock } from "../../src/system-clock.ts"
import { Machine } from "../support/cli.ts"
import { bringBundle } from "../support/sample.ts"

const HOUR = 60 * 60 * 1000

/** A machine with a bundle and an empty fleet, and its home, opened by others with a clock that can jump. */
async function setUp() {
  const machine = await Machine.create("site/edge")
  const { file } = await bringBundle(machine)
  let skipped = 0
  const clock = { ...systemClock, now: () => systemClock.now() + skipped }
  const open = async (): Promise<Home> => {
    const home = await openHome({ path: machine.path("home"), clock, actor: "tester" })
    onTestFinished(() => home.close())
    return home
  }
  const pass = (time: number) => {
    skipped += time
  }
  return { machine, file, bytes: await readFile(file), open, pass }
}

async function expectWhole(home: Home, machine: Machine): Promise<void> {
  expect((await verifyStore(home)).damaged).toEqual([])
  const out = join(machine.folder, "again.tar")
  await exportRelease(home, { fleet: "site/edge", version: "1.2.3" }, out)
}

test.for([undefined, 0])(
  "an import whose pipe stalls for two hours keeps what it brought, with a grace of %s",
  async (grace) => {
    const { machine, bytes, open, pass } = await setUp()
    const home = await open()
    const other = await open()
    const stalling = async function* () {
      yield bytes.subarray(0, -1024)
      pass(2 * HOUR)
      const { removed } = await collectStoreGarbage(other, { grace })
      expect(removed).toEqual([])
      yield bytes.subarray(-1024)
    }
    await importRelease(home, { fleet: "site/edge", bundle: stalling() })
    await expectWhole(home, machine)
  },
)

test("an import that failed keeps nothing beyond the grace, and the next one brings everything again", async () => {
  const { machine, file, bytes, open, pass } = await setUp()
  const home = await open()
  const broken = async function* () {
    yield bytes.subarray(0, -1024)
    throw new Error("the cable was pulled")
  }
  await expect(importRelease(home, { fleet: "site/edge", bundle: broken() })).rejects.toThrow("the cable")
  pass(2 * HOUR)
  expect((await collectStoreGarbage(home)).removed.length).toBeGreaterThan(3)
  await importRelease(home, { fleet: "site/edge", bundle: file })
  await expectWhole(home, machine)
})

/** Starts an import that has got all but the end of its bundle, and waits until blobs of it are stored. */
async function startImport({ machine, bytes, open }: Awaited<ReturnType<typeof setUp>>) {
  const running = machine.start("release import - site/edge", {
    input: bytes.subarray(0, -1024),
    inputStaysOpen: true,
  })
  const home = await open()
  let before = -1
  // Until nothing more comes.
  await expect
    .poll(
      async () => {
        const { kept, removed } = await collectStoreGarbage(home, { grace: HOUR, dryRun: true })
        const count = kept.count + removed.length
        const isSteady = count > 3 && count === before
        before = count
        return isSteady
      },
      { interval: 300, timeout: 60_000 },
    )
    .toBe(true)
  return { running, home }
}

test("an import that is suspended keeps what it brought however short the grace is", async () => {
  const site = await setUp()
  const { running, home } = await startImport(site)
  running.process.kill("SIGSTOP")
  expect((await collectStoreGarbage(home, { grace: -1 })).removed).toEqual([])
  running.process.kill("SIGCONT")
  running.process.stdin?.end(site.bytes.subarray(-1024))
  expect(await running.outcome).toMatchObject({ status: 0 })
  await expectWhole(home, site.machine)
})

test("an import that is killed keeps nothing", async () => {
  const site = await setUp()
  const { running, home } = await startImport(site)
  running.process.kill("SIGKILL")
  await running.outcome
  expect((await collectStoreGarbage(home, { grace: -1 })).removed.length).toBeGreaterThan(3)
  await importRelease(home, { fleet: "site/edge", bundle: site.file })
  await expectWhole(home, site.machine)
})

test("an import whose content is taken away behind its back says so, and records nothing", async () => {
  const { machine, bytes, open } = await setUp()
  const home = await open()
  const blobs = machine.path("home", "store", "blobs", "sha256")
  const robbed = async function* () {
    yield bytes.subarray(0, -1024)
    await expect.poll(async () => (await readdir(blobs)).length).toBeGreaterThan(3)
    const [first = ""] = await readdir(blobs)
    await rm(join(blobs, first))
    yield bytes.subarray(-1024)
  }
  await expect(importRelease(home, { fleet: "site/edge", bundle: robbed() })).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:CONTENT_MISSING|CANNOT_REWIND)$/),
  })
  expect(await home.fleets.listReleases("site/edge")).toEqual([])
})
