import { type Kysely, sql } from "kysely"
import type { Columns } from "../columns.ts"

/** What lists of very many devices, and long histories, are ordered, found and counted by. */
export async function addIndexesOfLists(db: Kysely<unknown>, { text, nullsFirst }: Columns): Promise<void> {
  await sql`create index devices_in_order_of_name on devices (fleet_id, lower(name) ${nullsFirst}, id)`.execute(
    db,
  )
  // With all that tells how far a rollout has come: it is counted without a look at the devices themselves.
  await sql`create index devices_in_order_of_report
    on devices (fleet_id, reported_at ${nullsFirst}, id, pinned_release_id, current_release_id)`.execute(db)

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
