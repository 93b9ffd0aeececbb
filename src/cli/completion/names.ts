import { join } from "node:path"
import { readSqliteNames } from "../../database/sqlite-names.ts"
import { type DeviceFilter, isUuidBeginning } from "../../fleet/device.ts"
import { parseFleetSlug } from "../../fleet/slug.ts"
import { rawVersion } from "../../fleet/version.ts"
import { DATABASE_FILE } from "../../operations/home-folder.ts"
import { findServer, withContext } from "../environment.ts"
import { homePath } from "../home-path.ts"
import type { Candidate } from "./command-line.ts"

/** What there is in a context, as it is now. */
export interface Names {
  fleets(): Promise<Candidate[]>
  /** Of the releases of a fleet, the newest first. */
  versions(fleet: string): Promise<Candidate[]>
  /** The same of the fleet of a device, by the beginning of its uuid or its name. */
  versionsOfDevice(device: string): Promise<Candidate[]>
  /** Uuids that begin so, and names. */
  devices(beginning: string): Promise<Candidate[]>
}

/** More than anybody reads. */
const LIMIT = 1000

/** The names in the context that a command line works in. */
export async function namesOf(context: string | undefined): Promise<Names> {
  const options = context === undefined ? {} : { context }
  const isHome = (await findServer(options)) === undefined && !process.env.WAYBILL_DATABASE
  return isHome ? readSqliteNames(join(homePath(), DATABASE_FILE), LIMIT) : namesInContext(options)
}

function namesInContext(options: { context?: string }): Names {
  const limit = LIMIT
  const versions = (fleet: string) =>
    withContext(options, async ({ fleets }) => {
      const releases = await fleets.listReleases(parseFleetSlug(fleet), { limit })
      return releases
        .filter(({ status }) => status === "success")
        .map((release) => ({ value: rawVersion(release), about: release.createdAt }))
    })
  const find = (filter: DeviceFilter) =>
    withContext(options, ({ fleets }) => fleets.listDevices(filter, { limit }))
  return {
    fleets: () =>
      withContext(options, async ({ fleets }) =>
        (await fleets.listFleets()).map(({ slug, class: about }) => ({ value: slug, about })),
      ),
    versions,
    async versionsOfDevice(name) {
      const [device] = [
        ...(isUuidBeginning(name) ? await find({ uuid: name }) : []),
        ...(await find({ name })),
      ]
      return device === undefined ? [] : versions(device.fleet)
    },
    async devices(beginning) {
      const found = await find(isUuidBeginning(beginning) ? { uuid: beginning } : {})
      return found.flatMap(({ uuid, name, fleet }) => [
        { value: uuid, about: name ?? fleet },
        ...(name === null ? [] : [{ value: name, about: uuid }]),
      ])
    },
  }
}
