import type { Kysely } from "kysely"
import type { Columns } from "../columns.ts"

/** What earlier changes did to targets is not known. */
export async function addTargetsToHistory(db: Kysely<unknown>, { text }: Columns): Promise<void> {
  await db.schema.alterTable("fleet_events").addColumn("target", text).execute()
}
