import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { writeLargestBundle } from "../fixtures/largest-bundle.ts"
import { type Measurement, measure } from "./measure.ts"
import { addRow, printMegabytes } from "./table.ts"
import { waybill } from "./waybill.ts"

/** The bundle that has as much of everything as is allowed: how much memory reading it takes. */
export async function benchLimits(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder)
  const bundle = join(folder, "release.tar")
  await writeLargestBundle(bundle)
  const runs: Measurement[] = []
  for (let run = 0; run < 3; run++) runs.push(await measure(waybill("release", "verify", bundle), { env }))
  const memory = Math.max(...runs.map((each) => each.memory))
  const seconds = Math.min(...runs.map((each) => each.seconds))
  addRow({
    what: "verify the largest bundle that is allowed",
    waybill: `${seconds.toFixed(2)} s`,
    target: "300 MB",
    memory: printMegabytes(memory),
  })
  await rm(folder, { recursive: true })
}
