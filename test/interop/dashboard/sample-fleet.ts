import { parseVersion } from "../../../src/fleet/version.ts"
import { sampleDevice, uuidOf } from "../../fleet/sample-device.ts"
import { sampleRelease } from "../../fleet/sample-release.ts"
import type { TestServer } from "../../support/running-server.ts"

/** The ids of the releases of a sample fleet, by their versions. */
export interface SampleFleet {
  releases: Readonly<Record<"1.2.3" | "1.3.0", number>>
  /** Of the device with this number. */
  uuid: (number: number) => string
}

/**
 * Records a fleet with two releases, the older one first, and with devices `press 1` and so on. Its images are said to be in a
 * registry, which nobody asks.
 */
export async function recordFleet(
  { home }: Pick<TestServer, "home">,
  slug: `${string}/${string}` = "acme/edge",
  { devices = 4, first = 1 } = {},
): Promise<SampleFleet> {
  const { fleets } = home
  await fleets.createFleet({ slug, registry: "registry.example" }, home.change())
  const record = async (version: string) => {
    const content = sampleRelease(`${slug} ${version}`, { version: parseVersion(version) })
    return (await fleets.recordRelease(slug, content, home.change())).release.id
  }
  const releases = { "1.2.3": await record("1.2.3"), "1.3.0": await record("1.3.0") }
  for (let number = first; number < first + devices; number++) {
    await fleets.registerDevice(slug, sampleDevice(number, { name: `press ${number}` }), home.change())
  }
  return { releases, uuid: uuidOf }
}
