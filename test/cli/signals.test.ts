import { readdir, readFile, writeFile } from "node:fs/promises"
import { describe, expect, test, vi } from "vitest"
import { createFleets, Machine, type Outcome } from "../support/cli.ts"
import type { FaultRule } from "../support/registry/fault-proxy.ts"
import { runFaultProxy, runRegistry } from "../support/running-registry.ts"
import { bringBundle, type PrintedRelease } from "../support/sample.ts"

const DOWNLOADS_STALL: FaultRule = {
  on: /^GET .*\/blobs\//,
  // The release manifest and its config are read first.
  skip: 2,
  times: 1000,
  fault: { kind: "stall", after: 100 },
}
const UPLOADS_WAIT: FaultRule = {
  on: /^PUT .*\/blobs\//,
  skip: 3,
  times: 1000,
  fault: { kind: "answer", status: 429, headers: { "retry-after": "300" } },
}

/** A machine with a bundle, and a fleet whose registry stops in the middle of a transfer. */
async function stalled(rule: FaultRule) {
  const registry = await runRegistry()
  const proxy = await runFaultProxy(registry, [rule])
  const machine = await Machine.create({ slug: "site/edge", registry: proxy.host })
  await bringBundle(machine)
  const struck = (times = 1) => vi.waitUntil(() => proxy.struck.length >= times, { timeout: 20_000 })
  return { registry, proxy, machine, struck }
}

function expectInterruption({ status, stdout, stderr }: Outcome, signal: string): void {
  expect(stderr).toMatch(new RegExp(`^error: interrupted by ${signal}\nhint: .*again.*\n$`, "m"))
  expect(stderr).not.toMatch(/^\s+at /m)
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" })
}

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test("ends an export, and leaves no file", async () => {
    const { machine, struck } = await stalled(DOWNLOADS_STALL)
    await machine.ok("release import release.tar site/edge")
    await machine.shell("mkdir out")
    const running = machine.start("release export site/edge -o out/edge.tar")
    await struck()
    running.process.kill(signal)
    expectInterruption(await running.outcome, signal)
    expect(await readdir(machine.path("out"))).toEqual([])
  })

  test("ends an import, closes its uploads, and leaves the fleet as it was", async () => {
    const { registry, machine, struck } = await stalled(UPLOADS_WAIT)
    const running = machine.start("release import release.tar site/edge --concurrency 4")
    // An upload that is just being opened could not be closed yet.
    await struck(4)
    running.process.kill(signal)
    expectInterruption(await running.outcome, signal)
    expect(await machine.json("release list site/edge")).toEqual([])
    expect(registry.storage.repository("site/edge").tags.size).toBe(0)
    expect(registry.storage.uploads.size).toBe(0)
  })
})

test("an interrupted import into the content store leaves nothing under way behind", async () => {
  const machine = await Machine.create("site/edge")
  const { file } = await bringBundle(machine)
  const input = (await readFile(file)).subarray(0, 400_000)
  const running = machine.start("release import - site/edge", { input, inputStaysOpen: true })
  running.process.stderr?.once("data", () => running.process.kill("SIGINT"))
  expectInterruption(await running.outcome, "SIGINT")
  expect(await readdir(machine.path("home/store/ingest"))).toEqual([])
  expect(await machine.json("release list site/edge")).toEqual([])
})

test("a command ends by itself when what a pipe holds is wrong, though the writer stays", async () => {
  const machine = await Machine.create("site/edge")
  for (const words of ["release verify -", "release import - site/edge"]) {
    const { outcome } = machine.start(words, { input: Buffer.alloc(4096, "x"), inputStaysOpen: true })
    expect(await outcome).toMatchObject({ status: 1, stderr: expect.stringMatching(/not a tar archive/) })
  }
})

test("the verification of a pipe that stays silent can be interrupted", async () => {
  const machine = await Machine.create()
  const { file } = await bringBundle(machine)
  const input = (await readFile(file)).subarray(0, 400_000)
  const running = machine.start("release verify -", { input, inputStaysOpen: true })
  running.process.stderr?.once("data", () => running.process.kill("SIGINT"))
  expectInterruption(await running.outcome, "SIGINT")
})

test("a release whose creation is interrupted is listed as cancelled where that is asked for, and cannot be exported", async () => {
  const { machine, proxy, struck } = await stalled({ ...DOWNLOADS_STALL, skip: 0 })
  await machine.ok("release import release.tar site/edge")
  await createFleets(machine.path("home"), ["acme/edge"])
  await writeFile(
    machine.path("compose.yml"),
    `services: { api: { image: "${proxy.host}/site/edge:api-1.2.3" } }\n`,
  )
  const running = machine.start("release create acme/edge -f compose.yml --commit c0ffee0 --record-failure")
  await struck()
  running.process.kill("SIGINT")
  expectInterruption(await running.outcome, "SIGINT")

  const [release] = await machine.json<PrintedRelease[]>("release list acme/edge")
  expect(release).toMatchObject({ status: "cancelled", failureReason: "interrupted by SIGINT" })
  const refused = await machine.run("release export c0ffee0 -o release.tar")
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(/is cancelled: interrupted/) })
})
