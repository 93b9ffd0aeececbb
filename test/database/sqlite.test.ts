import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { describeFleetStore } from "../fleet/fleet-store-contract.ts"

const folder = await mkdtemp(join(tmpdir(), "waybill-fleets-"))
let count = 0

afterAll(() => rm(folder, { recursive: true, force: true }))

describeFleetStore("the fleets of a SQLite file", () => openSqlite(join(folder, `${++count}.db`)))
