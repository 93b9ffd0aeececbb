import { readdir, readFile, readlink, writeFile } from "node:fs/promises"
import { describe, expect, onTestFinished, test, vi } from "vitest"
import { lockElsewhere } from "../database/lock-holder.ts"
import { createFleets, Machine, type Outcome } from "../support/cli.ts"
import type { FaultRule } from "../support/registry/fault-proxy.ts"
import { startServer } from "../support/registry/http-server.ts"
import { runFaultProxy, runRegistry } from "../support/running-registry.ts"
import { runServer } from "../support/running-server.ts"
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

const STATUS = { SIGINT: 130, SIGTERM: 143 } as const

function expectInterruption({ status, stdout, stderr }: Outcome, signal: keyof typeof STATUS): void {
  expect(stderr).toMatch(new RegExp(`^error: interrupted by ${signal}\nhint: .*again.*\n$`, "m"))
  expect(stderr).not.toMatch(/^\s+at /m)
  expect({ status, stdout }).toEqual({ status: STATUS[signal], stdout: "" })
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

  test("ends a fleet's creation while its registry does not answer, and leaves no fleet", async () => {
    const asked = Promise.withResolvers<void>()
    const registry = await startServer(async () => asked.resolve())
    onTestFinished(registry.close)
    const machine = await Machine.create("acme/edge")
    const running = machine.start(`fleet create acme/next --registry ${new URL(registry.origin).host}`)
    await asked.promise
    running.process.kill(signal)
    expectInterruption(await running.outcome, signal)
    expect(await machine.json<{ slug: string }[]>("fleet list")).toMatchObject([{ slug: "acme/edge" }])
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

describe("a command that waits", () => {
  const WAITS = { WAYBILL_LOCK_TIMEOUT: "1000d" }

  test.each([
    "fleet create acme/dock",
    "fleet rm acme/edge",
    "device register acme/edge",
    "token create ci --role viewer",
  ])("for another process can be interrupted: %s", async (words) => {
    const machine = await Machine.create("acme/edge")
    const database = machine.path("home/waybill.db")
    await lockElsewhere(database)
    const before = await readFile(database)
    const running = machine.start(words, { env: WAITS })
    await vi.waitUntil(() => hasOpen(running.process, database), { timeout: 20_000 })
    running.process.kill("SIGINT")
    expectInterruption(await running.outcome, "SIGINT")
    expect(await readFile(database)).toEqual(before)
  })

  test.each(["fleet list", "fleet create acme/dock", "whoami"])(
    "for a server that does not answer can be interrupted: %s",
    async (words) => {
      const { url, token } = await runServer()
      const machine = await Machine.create()
      await machine.ok(`context create site --server ${url} --token ${token}`)
      const asked = Promise.withResolvers<void>()
      const silent = await startServer(async () => {
        asked.resolve()
        await new Promise(() => undefined)
      })
      const contexts = await readFile(machine.path("home/contexts.json"), "utf8")
      await writeFile(machine.path("home/contexts.json"), contexts.replace(url, silent.origin))
      const running = machine.start(`${words} --context site`)
      await asked.promise
      running.process.kill("SIGINT")
      expectInterruption(await running.outcome, "SIGINT")
    },
  )

  test("for a server that is about to start can be interrupted", async () => {
    const machine = await Machine.create()
    const running = machine.start(
      `context create site --server http://127.0.0.1:1 --token-file token --wait 1000d`,
    )
    running.process.stderr?.once("data", () => running.process.kill("SIGTERM"))
    expectInterruption(await running.outcome, "SIGTERM")
  })
})

/** Whether a process has a file open: a shell that is to become it has not. */
async function hasOpen({ pid }: { pid?: number | undefined }, path: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const links = await readdir(folder).catch(() => [])
  const targets = await Promise.all(links.map((name) => readlink(`${folder}/${name}`).catch(() => "")))
  return targets.includes(path)
}
