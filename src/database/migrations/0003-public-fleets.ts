import type { Kysely } from "kysely"
import type { Columns } from "../columns.ts"

/** No fleet becomes public by an update: someone has to say so. */
export async function addPublicFleets(db: Kysely<unknown>, { integer }: Columns): Promise<void> {
  await db.schema
    .alterTable("fleets")
    .addColumn("is_public", integer, (column) => column.notNull().defaultTo(0))
    .execute()
}
