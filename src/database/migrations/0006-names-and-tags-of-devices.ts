import type { Kysely } from "kysely"
import type { Columns } from "../columns.ts"

/** Tags of devices, and what devices, releases and the history of such changes are found by. */
export async function addNamesAndTagsOfDevices(
  db: Kysely<unknown>,
  { integer, text }: Columns,
): Promise<void> {
  await db.schema
    .createTable("device_tags")
    .addColumn("device_id", integer, (column) =>
      column.notNull().references("devices.id").onDelete("cascade"),
    )
    .addColumn("key", text, (column) => column.notNull())
    .addColumn("value", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("device_tags_key", ["device_id", "key"])
    .execute()
  await db.schema
    .createIndex("device_tags_value")
    .on("device_tags")
    .columns(["key", "value", "device_id"])
    .execute()
  await db.schema.createIndex("devices_name").on("devices").column("name").execute()
  await db.schema
    .createIndex("releases_of_a_version")
    .on("releases")
    .columns(["fleet_id", "major", "minor", "patch"])
    .execute()
  await db.schema.alterTable("fleet_events").addColumn("value_changes", text).execute()
}
