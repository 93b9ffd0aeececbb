import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { makeSampleApplication } from "../fixtures/sample-application/make.ts"
import { parseFleetSlug } from "../src/fleet/slug.ts"
import { createRelease } from "../src/operations/create-release.ts"
import { exportRelease } from "../src/operations/export-release.ts"
import { openHome } from "../src/operations/home.ts"
import { importRelease } from "../src/operations/import-release.ts"
import { systemClock } from "../src/system-clock.ts"
import { startRegistry } from "../test/support/registry/test-registry.ts"
import { addRow } from "./table.ts"

const FLEETS = 200
/** Requests more than with one fleet beside. */
const MORE = 20

/** Requests to a registry for the import of the sample application, beside many fleets of its organization and beside one. */
export async function benchMounts(folder: string): Promise<void> {
  await mkdir(folder)
  const bundle = await makeBundle(folder)
  for (const [what, isThere] of [
    ["one has it", true],
    ["none has it", false],
  ] as const) {
    const many = await countRequests(join(folder, `many-${isThere}`), bundle, FLEETS, isThere)
    const one = await countRequests(join(folder, `one-${isThere}`), bundle, 1, isThere)
    addRow({
      what: `mounts at ${FLEETS} fleets, ${what}`,
      waybill: `${many} requests`,
      peer: `${one} requests  beside 1 fleet`,
      ratio: (many / one).toFixed(2),
      target: `${MORE} more`,
    })
  }
  await rm(folder, { recursive: true })
}

async function makeBundle(folder: string): Promise<string> {
  const { composeFile } = await makeSampleApplication(join(folder, "application"), { size: 4_000_000 })
  const bundle = join(folder, "release.tar")
  const home = await openHome({ path: join(folder, "home"), clock: systemClock, actor: "bench" })
  try {
    const { slug } = await home.fleets.createFleet({ slug: "acme/edge" }, home.change())
    const { release } = await createRelease(home, { fleet: slug, composeFile, version: "1.0.0" })
    await exportRelease(home, { commit: release.commit }, bundle)
    return bundle
  } finally {
    await home.close()
  }
}

/** Of an import into a fleet beside so many others, of which the first has the release or not. */
async function countRequests(
  path: string,
  bundle: string,
  fleets: number,
  isThere: boolean,
): Promise<number> {
  const registry = await startRegistry()
  const home = await openHome({ path, clock: systemClock, actor: "bench" })
  try {
    const slugs = ["edge", ...Array.from({ length: fleets }, (_, at) => `beside-${at}`)]
    const [edge, beside] = slugs.map((name) => parseFleetSlug(`site/${name}`))
    if (edge === undefined || beside === undefined) throw new Error("there are no fleets")
    for (const name of slugs) {
      const slug = parseFleetSlug(`site/${name}`)
      await home.fleets.createFleet({ slug, registry: registry.host }, home.change())
    }
    if (isThere) await importRelease(home, { fleet: beside, bundle })
    const before = registry.log.length
    await importRelease(home, { fleet: edge, bundle })
    return registry.log.length - before
  } finally {
    await home.close()
    await registry.close()
  }
}
