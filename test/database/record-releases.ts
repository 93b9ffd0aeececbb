/**
 * A process that records releases of acme/edge in a SQLite file or at the URL of a PostgreSQL database: `<place> <name> <count> <size>`, `size` the number of
 * services and of tags of each. It says `ready`, waits for a line on stdin to begin, and prints each revision it got.
 */
import { once } from "node:events"
import { openPostgres } from "../../src/database/open-postgres.ts"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { descriptorOf, sampleRelease } from "../fleet/sample-release.ts"

const [path = "", name = "", count = "", size = ""] = process.argv.slice(2)
const parts = Array.from({ length: Number(size) }, (_, at) => `part-${at}`)
const services = parts.map((part) => ({ name: part, ...descriptorOf(part) }))
const tags = Object.fromEntries(parts.map((part) => [part, part]))

process.stdout.write("ready\n")
await once(process.stdin, "data")
const database = await (path.startsWith("postgres:") ? openPostgres(path) : openSqlite(path))
for (let at = 0; at < Number(count); at++) {
  const release = sampleRelease(`${name}-${at}`, { services, tags })
  const {
    release: { revision },
  } = await database.fleets.recordRelease("acme/edge", release, {
    now: new Date(),
    actor: name,
  })
  process.stdout.write(`${revision}\n`)
}
await database.close()
process.exit()
