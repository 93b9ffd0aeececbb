/**
 * A process that imports releases of acme/edge in a SQLite file, pins the fleet and its devices to each, and lets
 * them go: `<file> <name> <count>`, `count` the number of devices. It says `ready`, waits for a line on stdin to
 * begin, and prints the id of the last entry of the history after each change that was answered.
 */
import { once } from "node:events"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { uuidOf } from "../fleet/sample-device.ts"
import { descriptorOf, sampleRelease } from "../fleet/sample-release.ts"

const [path = "", name = "", count = ""] = process.argv.slice(2)
const uuids = Array.from({ length: Number(count) }, (_, number) => uuidOf(number))
const services = Array.from({ length: 50 }, (_, at) => ({ name: `part-${at}`, ...descriptorOf(`${at}`) }))

process.stdout.write("ready\n")
await once(process.stdin, "data")
const { fleets } = await openSqlite(path)
const change = () => ({ now: new Date(), actor: name })
const answer = async () => {
  const [last] = await fleets.listEvents("acme/edge", { limit: 1 })
  process.stdout.write(`${last?.id}\n`)
}
for (let at = 0; ; at++) {
  const release = sampleRelease(`${name}-${at}`, { services })
  const {
    release: { id },
  } = await fleets.recordRelease("acme/edge", release, { ...change(), origin: "import" })
  await answer()
  await fleets.pinFleet("acme/edge", id, change())
  await answer()
  await fleets.pinDevices(uuids, id, change())
  await answer()
  await fleets.trackFleet(uuids, change())
  await answer()
  await fleets.trackLatest("acme/edge", change())
  await answer()
}
