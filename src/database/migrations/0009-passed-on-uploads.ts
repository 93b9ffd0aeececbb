import type { Kysely } from "kysely"
import type { Columns } from "../columns.ts"

/** Uploads that a server passes on to a fleet's registry: any server of several can go on with them. */
export async function addPassedOnUploads(db: Kysely<unknown>, { integer, text }: Columns): Promise<void> {
  await db.schema
    .createTable("passed_on_uploads")
    .addColumn("id", text, (column) => column.notNull().primaryKey())
    .addColumn("fleet_id", integer, (column) => column.notNull().references("fleets.id").onDelete("cascade"))
    .addColumn("location", text, (column) => column.notNull())
    .addColumn("moved_at", text, (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex("passed_on_uploads_of_fleet")
    .on("passed_on_uploads")
    .columns(["fleet_id", "moved_at"])
    .execute()
}
