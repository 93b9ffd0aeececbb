import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { writeLargestBundle } from "../../fixtures/largest-bundle.ts"
import { bundleRepositories } from "../../src/bundle/served-bundle.ts"
import { openBundle } from "../../src/operations/open-bundle.ts"
import { Machine } from "../support/cli.ts"
import { serveBundle } from "../support/served.ts"

const MEGABYTE = 1_000_000
/** What a test adds to a process that was built: it reads TypeScript. */
const TYPESCRIPT = 50 * MEGABYTE
const WATCHED = {
  NODE_OPTIONS: `--max-semi-space-size=2 --import=${new URL("../support/peak-memory.ts", import.meta.url)}`,
}

let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-test-"))
  file = join(folder, "release.tar")
  await writeLargestBundle(file)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function peakOf(stderr: string): number {
  return Number(/^peak memory (\d+)$/m.exec(stderr)?.[1])
}

test.each(["file", "pipe"])("the largest bundle is verified from a %s in little memory", async (from) => {
  const machine = await Machine.create()
  const line =
    from === "file" ? `waybill release verify ${file} --quiet` : `waybill release verify - --quiet < ${file}`
  const { status, stdout, stderr } = await machine.shell(line, { env: WATCHED })
  expect(status, stderr).toBe(0)
  expect(stdout).toContain("104098 entries, every byte checked")
  expect(peakOf(stderr)).toBeGreaterThan(50 * MEGABYTE)
  expect(peakOf(stderr)).toBeLessThan(300 * MEGABYTE + TYPESCRIPT)
})

test.each(["inspect release.tar", "inspect - < release.tar", "verify release.tar --quiet"])(
  "all that the largest bundle holds is printed as JSON in little memory: %s",
  async (words) => {
    const machine = await Machine.create()
    const line = `waybill release ${words.replace(/^\w+/, "$& --json").replace("release.tar", file)} > bundle.json`
    const { status, stderr } = await machine.shell(line, { env: WATCHED })
    expect(status, stderr).toBe(0)
    const { images, entries } = JSON.parse(await readFile(machine.path("bundle.json"), "utf8"))
    expect({ images: Object.keys(images).length, entries }).toEqual({ images: 4094, entries: 104_098 })
    expect(peakOf(stderr)).toBeLessThan(350 * MEGABYTE + TYPESCRIPT)
  },
)

test("the largest bundle is served in little memory, to each service what it needs and nothing else", async () => {
  const machine = await Machine.create()
  const served = await serveBundle(machine, file, WATCHED)
  const bundle = await openBundle(file)
  try {
    const repositories = bundleRepositories(bundle)
    expect(repositories).toHaveLength(1001)
    const { graph } = bundle.plan
    for (const at of [1, 500, 999]) {
      const { name, root } = repositories.find(({ service }) => service === `service-${at}`) ?? {}
      if (name === undefined || root === undefined) throw new Error("a service is missing")
      const { manifest } = graph.document(root.digest)
      const own = manifest.kind === "manifest" ? manifest.layers.map(({ digest }) => digest) : []
      const foreign = graph.layers.find(({ digest }) => !own.includes(digest))?.digest
      const statusOf = async (path: string) =>
        (await fetch(`${served.url}/v2/${name}/${path}`, { method: "HEAD" })).status
      expect(await statusOf(`manifests/1.0.0`)).toBe(200)
      expect(await statusOf(`blobs/${own[0]}`)).toBe(200)
      expect(await statusOf(`blobs/${foreign}`)).toBe(404)
      expect(await statusOf(`manifests/${bundle.plan.release.digest}`)).toBe(404)
    }
  } finally {
    await bundle.close()
  }
  served.process.kill("SIGTERM")
  const { stderr } = await served.outcome
  expect(peakOf(stderr)).toBeLessThan(400 * MEGABYTE + TYPESCRIPT)
})
