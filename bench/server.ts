import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Client } from "pg"
import { openPostgres } from "../src/database/open-postgres.ts"
import { openSqlite } from "../src/database/open-sqlite.ts"
import { startPostgres } from "../test/support/postgres.ts"
import { benchManyDevices } from "./many-devices.ts"
import { benchPolling } from "./polling.ts"
import { type Place, type RunningServer, runServer } from "./running-server.ts"

const COLUMNS = "uuid, fleet_id, organization_id, key_hash, registered_at"
const VALUES = "fleets.id, organization_id"
const TIME = "'2026-01-01T00:00:00.000Z'"

/** A server with devices. */
export async function benchServer(folder: string): Promise<void> {
  for (const bench of [benchPolling, benchManyDevices]) await benchOnEach(folder, bench)
}

/** Runs a bench of a server on each database that it may have, in a folder that is there. */
export async function benchOnEach(
  folder: string,
  bench: (server: RunningServer) => Promise<void>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await runServer(await sqlite(join(folder, `${bench.name}-sqlite`)), bench)
  const postgres = await startPostgres()
  try {
    const url = await postgres.createDatabase()
    await runServer(placeInPostgres(join(folder, `${bench.name}-postgres`), url), bench)
  } finally {
    await postgres.stop()
  }
}

async function sqlite(home: string): Promise<Place> {
  await mkdir(home)
  const path = join(home, "waybill.db")
  return {
    kind: "SQLite",
    home,
    open: () => openSqlite(path),
    async insertDevices(devices) {
      const database = new DatabaseSync(path, { timeout: 10_000 })
      const insert = database.prepare(
        `insert into devices (${COLUMNS}) select ?, ${VALUES}, ?, ${TIME} from fleets`,
      )
      database.exec("begin immediate")
      for (const { uuid, keyHash } of devices) insert.run(uuid, keyHash)
      database.exec("commit")
      database.close()
    },
    async execute(sql) {
      const database = new DatabaseSync(path, { timeout: 10_000 })
      database.prepare(sql).all()
      database.close()
    },
  }
}

function placeInPostgres(home: string, url: string): Place {
  return {
    kind: "PostgreSQL",
    home,
    url,
    open: () => openPostgres(url),
    async insertDevices(devices) {
      const client = new Client(url)
      await client.connect()
      await client.query(
        `insert into devices (${COLUMNS}) select uuid, ${VALUES}, hash, ${TIME} from fleets, unnest($1::text[], $2::text[]) as device (uuid, hash)`,
        [devices.map(({ uuid }) => uuid), devices.map(({ keyHash }) => keyHash)],
      )
      await client.query("analyze")
      await client.end()
    },
    async execute(sql) {
      const client = new Client(url)
      await client.connect()
      await client.query(sql)
      await client.end()
    },
  }
}
