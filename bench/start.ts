import { join } from "node:path"
import { openSqlite } from "../src/database/open-sqlite.ts"
import { type Measurement, measure } from "./measure.ts"
import { recordSample } from "./recorded-release.ts"
import { addAbsolute } from "./table.ts"
import { WAYBILL, waybill } from "./waybill.ts"

/** How long commands take that do next to nothing. */
export async function benchStart(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  const releases = 1000
  const home = { ...env, WAYBILL_HOME: folder }
  await measure(waybill("fleet", "create", "acme/edge"), { env: home })
  const database = await openSqlite(join(folder, "waybill.db"))
  for (let at = 0; at < releases; at++) await recordSample(database.fleets, at)
  await database.close()
  const repeat = async (command: readonly string[]) => {
    await measure(command, { env: home })
    const runs: Measurement[] = []
    for (let run = 0; run < 11; run++) runs.push(await measure(command, { env: home }))
    return runs
  }
  addAbsolute("waybill --version", await repeat([WAYBILL, "--version"]), 0.1)
  addAbsolute(
    `release list of ${releases} releases`,
    await repeat([WAYBILL, "release", "list", "acme/edge"]),
    0.25,
  )
}
