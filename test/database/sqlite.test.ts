import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { describeAccessStore } from "../fleet/access-store-contract.ts"
import { describeChangeFeed } from "../fleet/change-feed-contract.ts"
import { describeFleetStore } from "../fleet/fleet-store-contract.ts"
import { describeSessionStore } from "../fleet/session-store-contract.ts"
import { describeSilence } from "../fleet/silence-contract.ts"
import { describeUploadStore } from "../fleet/upload-store-contract.ts"
import { describeAuthenticator } from "./authenticator-contract.ts"

const folder = await mkdtemp(join(tmpdir(), "waybill-fleets-"))
let count = 0
const open = () => openSqlite(join(folder, `${++count}.db`))

afterAll(() => rm(folder, { recursive: true, force: true }))

describeFleetStore("the fleets of a SQLite file", open)
describeAccessStore("the access of a SQLite file", open)
describeAuthenticator("a SQLite file as a server asks it", open)
describeSilence("the silence of devices in a SQLite file", open)
describeSessionStore("the sessions of a SQLite file", open)
describeChangeFeed("the changes of a SQLite file", async () => {
  const path = join(folder, `${++count}.db`)
  return [await openSqlite(path), await openSqlite(path)]
})
describeUploadStore("the uploads that are passed on, in a SQLite file", open)
