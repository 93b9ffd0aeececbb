import { type Kysely, sql } from "kysely"
import type { Columns } from "../columns.ts"

/** What lists of very many devices, and long histories, are ordered, found and counted by. */
export async function addIndexesOfLists(db: Kysely<unknown>, { text, nullsFirst }: Columns): Promise<void> {
  // With all that devices are found and counted by: to look at a hundred thousand devices themselves, in another order than their
  // own, takes half a second.
  const found = sql`id, uuid, pinned_release_id, current_release_id`
  const name = sql`lower(name) ${nullsFirst}`
  const report = sql`reported_at ${nullsFirst}`
  await sql`create index devices_by_name on devices (fleet_id, ${name}, ${found}, ${report})`.execute(db)
  await sql`create index devices_by_report on devices (fleet_id, ${report}, ${found}, ${name})`.execute(db)

  await db.schema
    .alterTable("fleet_events")
    .addColumn("organization", text, (column) => column.notNull().defaultTo(""))
    .execute()
  // Of a slug, what stands before the "/": without the letters behind it.
  await sql`
    update fleet_events
    set organization = substr(fleet, 1, length(rtrim(fleet, replace(fleet, '/', ''))) - 1)`.execute(db)
  const index = (name: string) => db.schema.createIndex(name).on("fleet_events")
  await index("fleet_events_of_organization").columns(["organization", "id"]).execute()
  await index("fleet_events_of_action").columns(["organization", "action", "id"]).execute()
  await index("fleet_events_of_actor").columns(["organization", "actor", "id"]).execute()
  for (const about of ["device", "release_commit"]) {
    await index(`fleet_events_of_${about}`)
      .columns([about, "id"])
      .where(about as never, "is not", null as never)
      .execute()
  }
}
