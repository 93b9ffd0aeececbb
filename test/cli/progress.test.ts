import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { plainProgress } from "../../src/cli/plain-progress.ts"
import { Tally } from "../../src/cli/tally.ts"
import type { TransferEvent } from "../../src/content/transfer-event.ts"
import { digestOf } from "../../src/oci/digest.ts"
import { Machine, type Outcome } from "../support/cli.ts"
import { bringBundle, createSample, writeSample } from "../support/sample.ts"
import { screenOf } from "../support/screen.ts"
import { waybillOnPath } from "../support/terminal-shell.ts"

const SIZE = String.raw`[\d.]+ [kM]?B`
const TIME = String.raw`\d+\.\d s(?:, ${SIZE}/s)?`

/** Runs a line of the shell on a terminal of its own, where `waybill` is the command. */
async function onTerminal(machine: Machine, line: string): Promise<Outcome> {
  const { PATH } = await waybillOnPath(machine)
  return machine.shell(`script --quiet --return --command 'stty rows 24 cols 120; ${line}' /dev/null`, {
    env: { PATH, TERM: "xterm-256color", NO_COLOR: "1" },
  })
}

describe("in a log", () => {
  test("a transfer takes two lines however many blobs it has: what is to be done, and what was done", async () => {
    const machine = await Machine.create("acme/edge")
    await createSample(machine, "acme/edge")
    const lines = async (words: string) => (await machine.run(words)).stderr.trimEnd().split("\n")
    expect(await lines("release export acme/edge -o release.tar")).toEqual([
      expect.stringMatching(new RegExp(`^exporting 14 blobs, ${SIZE}$`)),
      expect.stringMatching(new RegExp(`^exported 14 blobs, ${SIZE} in ${TIME}$`)),
    ])
    const verified = [
      expect.stringMatching(new RegExp(`^verifying 14 blobs, ${SIZE}$`)),
      expect.stringMatching(new RegExp(`^verified 14 blobs, ${SIZE} in ${TIME}$`)),
    ]
    expect(await lines("release verify release.tar")).toEqual(verified)
    const piped = await machine.shell("waybill release verify - < release.tar")
    expect(piped.stderr.trimEnd().split("\n")).toEqual(verified)
  })

  test("what is taken in is told of image by image, and what is there already is counted", async () => {
    const machine = await Machine.create("acme/edge")
    const file = await writeSample(machine)
    const { stderr } = await machine.run(`release create acme/edge -f ${file} --version 1.2.3`)
    const done = new RegExp(`^took in 14 blobs, ${SIZE} in ${TIME}; 4 were there already$`)
    expect(stderr.trimEnd().split("\n")).toEqual([
      ...["web", "api", "worker", "db"].map((name) => `${name}: oci:application/images:${name}`),
      expect.stringMatching(done),
    ])
  })

  test("one that breaks says how far it came", async () => {
    const machine = await Machine.create("acme/edge")
    const { file } = await bringBundle(machine)
    const { status, stderr } = await machine.shell(`head -c 400000 ${file} | waybill release verify -`)
    expect(stderr).toMatch(
      new RegExp(`^verifying: ended after \\d+ of 14 blobs, ${SIZE} in ${TIME}\nerror: `, "m"),
    )
    expect(status).toBe(1)
  })

  test("--progress=none leaves the lines out, and warnings and results in", async () => {
    const machine = await Machine.create("acme/edge")
    const { file } = await bringBundle(machine)
    const outcome = await machine.run(`release verify ${file} --progress=none`)
    expect(outcome).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/^verified /) })
    expect(await machine.run(`release verify ${file} --progress=loud`)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error: .*'loud' is invalid.* tty, plain, none/),
    })
  })
})

describe("in a log, while something takes its time", () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  test("a line comes every ten seconds, also while nothing moves, and none behind the end", () => {
    let said = ""
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      said += text
      return true
    })
    const descriptor = {
      mediaType: "application/octet-stream",
      digest: digestOf(Buffer.from("layer")),
      size: 100_000_000,
    }
    const progress = plainProgress("importing", new Tally("importing"))
    const tell = (event: TransferEvent) => progress.onTransfer?.(event)
    tell({ type: "planned", count: 2, bytes: 200_000_000 })
    tell({ type: "started", descriptor })
    for (let second = 1; second <= 25; second++) {
      vi.advanceTimersByTime(1000)
      if (second <= 20) tell({ type: "advanced", descriptor, position: second * 5_000_000 })
    }
    tell({ type: "finished", descriptor, outcome: "sent" })
    const other = { ...descriptor, digest: digestOf(Buffer.from("other")) }
    tell({ type: "finished", descriptor: other, outcome: "present" })
    progress.stop()
    vi.advanceTimersByTime(60_000)
    expect(said.split("\n")).toEqual([
      "importing 2 blobs, 200 MB",
      "importing: 45.0 MB of 200 MB, 4.5 MB/s, 34 s left",
      "importing: 95.0 MB of 200 MB, 4.8 MB/s, 22 s left",
      "imported 1 blob, 100 MB in 25.0 s, 4.0 MB/s; 1 was there already",
      "",
    ])
  })
})

describe("on a terminal", () => {
  test("a bar is drawn, unless lines are wanted; and in a log where a bar is wanted", async () => {
    const machine = await Machine.create("acme/edge")
    const { file } = await bringBundle(machine)
    const bar = /verifying \[#*\.*\] /
    expect((await onTerminal(machine, `waybill release verify ${file}`)).stdout).toMatch(bar)
    const plain = await onTerminal(machine, `waybill release verify ${file} --progress plain`)
    expect(plain.stdout).not.toMatch(bar)
    expect(plain.stdout).toMatch(/^verifying 14 blobs, /m)
    expect((await machine.run(`release verify ${file} --progress tty`)).stderr).toMatch(bar)
  })

  test("of two commands with a pipe between, one draws, and no line of either is lost", async () => {
    const machine = await Machine.create("acme/edge", "site/edge")
    await createSample(machine, "acme/edge", { size: 8_000_000 })
    const { status, stdout } = await onTerminal(
      machine,
      "waybill release export acme/edge -o - | waybill release import - site/edge",
    )
    expect(status).toBe(0)
    expect(stdout).toMatch(/importing \[#*\.*\] /)
    expect(stdout).not.toMatch(/exporting \[/)
    const screen = screenOf(stdout)
    expect(screen).not.toContainEqual(expect.stringContaining("["))
    expect(screen).toContainEqual(
      expect.stringMatching(new RegExp(`^exported 14 blobs, ${SIZE} in ${TIME}$`)),
    )
    expect(screen).toContain("exported acme/edge 1.2.3")
    expect(screen).toContainEqual(expect.stringMatching(/^imported without moving a blob: 16 were mounted$/))
    expect(screen).toContain("imported site/edge 1.2.3")
  })

  test("an error of who writes stands on its own line", async () => {
    const machine = await Machine.create("acme/edge")
    const { stdout } = await onTerminal(
      machine,
      "waybill release export acme/edge -o - | waybill release verify -",
    )
    expect(screenOf(stdout)).toContain("error: acme/edge has no final, valid release")
  })
})
