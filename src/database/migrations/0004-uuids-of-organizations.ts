import { type Kysely, sql } from "kysely"
import type { Columns } from "../columns.ts"

/**
 * Makes the uuid of a device unique in its organization alone: else one could take, or find, the uuids of another. There
 * are databases of the version before that have it so.
 */
export async function makeUuidsOfOrganizations(db: Kysely<unknown>, columns: Columns): Promise<void> {
  if (columns.changesConstraints) return changeConstraint(db)
  await sql`alter table devices rename to devices_before`.execute(db)
  await createDevices(db, columns)
  await sql`
    insert into devices (id, uuid, fleet_id, organization_id, name, key_hash, pinned_release_id, current_release_id,
      reported_at, registered_at, generation)
    select id, uuid, fleet_id, organization_id, name, key_hash, pinned_release_id, current_release_id,
      reported_at, registered_at, generation
    from devices_before order by id`.execute(db)
  // The ids of devices that were removed stay theirs.
  await sql`delete from sqlite_sequence where name = 'devices'`.execute(db)
  await sql`
    insert into sqlite_sequence (name, seq)
    select 'devices', seq from sqlite_sequence where name = 'devices_before'`.execute(db)
  // With the indexes, whose names are free then.
  await sql`drop table devices_before`.execute(db)
  await createIndexes(db)
}

async function changeConstraint(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table devices
      drop constraint if exists devices_uuid_key,
      drop constraint if exists devices_one_of_a_uuid,
      add constraint devices_one_of_a_uuid unique (uuid, organization_id)`.execute(db)
}

async function createDevices(db: Kysely<unknown>, { id, integer, text }: Columns): Promise<void> {
  await db.schema
    .createTable("devices")
    .addColumn("id", integer, id)
    .addColumn("uuid", text, (column) => column.notNull())
    .addColumn("fleet_id", integer, (column) => column.notNull().references("fleets.id"))
    .addColumn("organization_id", integer, (column) => column.notNull().references("organizations.id"))
    .addColumn("name", text)
    .addColumn("key_hash", text, (column) => column.notNull().unique())
    .addColumn("pinned_release_id", integer, (column) => column.references("releases.id"))
    .addColumn("current_release_id", integer, (column) =>
      column.references("releases.id").onDelete("set null"),
    )
    .addColumn("reported_at", text)
    .addColumn("registered_at", text, (column) => column.notNull())
    .addColumn("generation", integer, (column) => column.notNull().defaultTo(0))
    .addUniqueConstraint("devices_one_of_a_uuid", ["uuid", "organization_id"])
    .execute()
}

async function createIndexes(db: Kysely<unknown>): Promise<void> {
  const index = (name: string) => db.schema.createIndex(name).on("devices")
  await index("devices_of_fleet").columns(["fleet_id", "id"]).execute()
  await index("devices_of_organization").columns(["organization_id", "id"]).execute()
  await index("devices_pinned_in_fleet")
    .columns(["fleet_id", "id"])
    .where("pinned_release_id" as never, "is not", null as never)
    .execute()
  // Asked for each release that is removed.
  await index("devices_pinned_release_id").column("pinned_release_id").execute()
  await index("devices_current_release_id").column("current_release_id").execute()
}
