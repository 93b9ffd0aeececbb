import { join } from "node:path"
import { test } from "vitest"
import { openSqlite } from "../../src/database/open-sqlite.ts"
import { checkAgainstModel } from "../fleet/policy-property.ts"
import { temporaryFolder } from "../support/content/temporary-folder.ts"

test("whatever happens in whatever order, all fleets and devices in SQLite are where policy says", async () => {
  const database = await openSqlite(join(await temporaryFolder(), "model.db"))
  await checkAgainstModel(database.fleets, 60)
  await database.close()
})
