import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { openHome } from "../../src/operations/home.ts"
import { systemClock } from "../../src/system-clock.ts"
import type { Machine } from "./cli.ts"

/** Everything that a failed command must leave as it was: what a machine's folder holds, its fleets and releases. */
export async function snapshot(machine: Machine): Promise<unknown> {
  return { files: await listFiles(machine.folder), fleets: await listFleets(machine.path("home")) }
}

/** Paths of a folder with their sizes; the database's own files change whenever it is opened. */
export async function listFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  const lines = names
    .filter((name) => !/(^|\/)waybill\.db(-shm|-wal)?$/.test(name))
    .map(async (name) => {
      const found = await stat(join(folder, name))
      return found.isFile() ? `${name} ${found.size}` : name
    })
  return (await Promise.all(lines)).sort()
}

async function listFleets(home: string): Promise<unknown> {
  const context = await openHome({ path: home, clock: systemClock, actor: "tester" })
  try {
    const fleets = await context.fleets.listFleets()
    return await Promise.all(
      fleets.map(async (fleet) => ({ ...fleet, releases: await context.fleets.listReleases(fleet.slug) })),
    )
  } finally {
    await context.close()
  }
}
