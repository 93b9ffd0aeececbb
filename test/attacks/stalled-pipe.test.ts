import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { Bundle } from "../../src/bundle/bundle.ts"
import { createFleets, Machine } from "../support/cli.ts"
import { expectFailure } from "../support/failure.ts"
import { runFaultProxy, runRegistry } from "../support/running-registry.ts"
import { bringBundle } from "../support/sample.ts"

test("an import from a pipe that stalls says at once that the registry refuses it", async () => {
  const machine = await Machine.create()
  const registry = await runRegistry()
  const { file } = await bringBundle(machine)
  const { layer, cut } = await largestLayer(file)
  const refusal = { kind: "answer", status: 403, early: true } as const
  const proxy = await runFaultProxy(registry, [{ on: new RegExp(`^PUT .*${layer}`), fault: refusal }])
  await createFleets(machine.path("home"), [{ slug: "site/edge", registry: proxy.host }])
  const input = (await readFile(file)).subarray(0, cut)
  const running = machine.start("release import - site/edge", { input, inputStaysOpen: true })
  expectFailure(await running.outcome, /^error: PUT .*: DENIED \(HTTP 403\)/m)
  expect(proxy.struck).toHaveLength(1)
  expect(await machine.json("release list site/edge")).toEqual([])
  expect(registry.storage.uploads.size).toBe(0)
})

/** The largest layer of a bundle, and where it is half through. */
async function largestLayer(file: string) {
  const bundle = await Bundle.open(file)
  try {
    const [largest] = bundle.plan.files.toSorted((one, other) => other.size - one.size)
    if (largest === undefined || largest.content instanceof Uint8Array) throw new Error("there is no layer")
    return { layer: largest.content.digest, cut: largest.offset + Math.floor(largest.size / 2) }
  } finally {
    await bundle.close()
  }
}
