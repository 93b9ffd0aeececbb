import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { openPostgres } from "../src/database/open-postgres.ts"
import { openSqlite } from "../src/database/open-sqlite.ts"
import { startPostgres } from "../test/support/postgres.ts"
import { benchManyDevices } from "./many-devices.ts"
import { benchPolling } from "./polling.ts"
import { runServer } from "./running-server.ts"

/** A server with devices, on each database that it may have. */
export async function benchServer(folder: string): Promise<void> {
  await mkdir(folder)
  for (const [name, bench] of [
    ["polling", benchPolling],
    ["devices", benchManyDevices],
  ] as const) {
    const home = join(folder, `${name}-sqlite`)
    await mkdir(home)
    await runServer({ home }, () => openSqlite(join(home, "waybill.db")), "SQLite", bench)
    const postgres = await startPostgres()
    try {
      const url = await postgres.createDatabase()
      const other = join(folder, `${name}-postgres`)
      await runServer({ home: other, database: url }, () => openPostgres(url), "PostgreSQL", bench)
    } finally {
      await postgres.stop()
    }
  }
}
