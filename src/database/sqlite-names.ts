import { existsSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { SCHEMA_VERSION } from "./schema.ts"

/** A name of something, with a few words about it. */
interface Name {
  value: string
  about: string
}

/**
 * Reads what things are called in a SQLite file, for a shell that completes a word: without what other work needs, which
 * would take longer to load than a person waits. Nothing is written, and where there is no file, or one of another version,
 * there are no names.
 */
export function readSqliteNames(path: string, limit: number) {
  const read = async (sql: string, parameters: readonly string[] = []): Promise<Name[]> => {
    if (!existsSync(path)) return []
    const database = new DatabaseSync(path, { readOnly: true, timeout: 100 })
    try {
      if (database.prepare("pragma user_version").get()?.user_version !== SCHEMA_VERSION) return []
      const rows = database.prepare(`${sql} limit ${limit}`).all(...parameters)
      return rows.map(({ value, about }) => ({ value: String(value), about: String(about ?? "") }))
    } finally {
      database.close()
    }
  }
  return {
    fleets: () => read("select slug as value, class as about from fleets order by slug"),
    versions: (fleet: string) =>
      read(
        `select raw_version as value, releases.created_at as about from releases
         join fleets on fleets.id = fleet_id where slug = ? and status = 'success' order by releases.id desc`,
        [fleet.toLowerCase()],
      ),
    versionsOfDevice: (device: string) =>
      read(
        `select raw_version as value, releases.created_at as about from releases
         where fleet_id = (select fleet_id from devices where uuid glob ? or name = ?) and status = 'success'
         order by id desc`,
        [beginsWith(device), device],
      ),
    devices: (beginning: string) =>
      read(
        `select uuid as value, coalesce(name, slug) as about from devices
         join fleets on fleets.id = fleet_id where uuid glob ?
         union all select name as value, uuid as about from devices where name >= ? and name < ? order by value`,
        [beginsWith(beginning), beginning, `${beginning}\u{10ffff}`],
      ),
  }
}

/** What no uuid holds finds none. */
function beginsWith(text: string): string {
  return `${text.toLowerCase().replaceAll(/[^0-9a-f]/g, "-")}*`
}
