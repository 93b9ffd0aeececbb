import { type Kysely, sql } from "kysely"
import type { Columns } from "../columns.ts"

export async function addPolicyDevicesAndTokens(db: Kysely<unknown>, columns: Columns): Promise<void> {
  await addPolicy(db, columns)
  await addIdempotency(db, columns)
  await createDevices(db, columns)
  await createEvents(db, columns)
  await createTokens(db, columns)
}

async function addPolicy(db: Kysely<unknown>, { integer }: Columns): Promise<void> {
  for (const release of ["pinned_release_id", "tracked_release_id"]) {
    await db.schema
      .alterTable("fleets")
      .addColumn(release, integer, (column) => column.references("releases.id"))
      .execute()
    // Asked for each release that is removed.
    await db.schema.createIndex(`fleets_${release}`).on("fleets").column(release).execute()
  }
  await db.schema
    .alterTable("fleets")
    .addColumn("generation", integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`
    update fleets set tracked_release_id = (
      select max(releases.id) from releases
      where releases.fleet_id = fleets.id
        and status = 'success' and revision is not null and invalidated_at is null)`.execute(db)
}

async function addIdempotency(db: Kysely<unknown>, { text }: Columns): Promise<void> {
  await db.schema.alterTable("releases").addColumn("idempotency_key", text).execute()
  await db.schema
    .createIndex("releases_one_of_an_idempotency_key")
    .on("releases")
    .columns(["fleet_id", "idempotency_key"])
    .unique()
    .where("idempotency_key" as never, "is not", null as never)
    .execute()
}

async function createDevices(db: Kysely<unknown>, { id, integer, text }: Columns): Promise<void> {
  await db.schema
    .createTable("devices")
    .addColumn("id", integer, id)
    .addColumn("uuid", text, (column) => column.notNull().unique())
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
    .execute()

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

async function createEvents(db: Kysely<unknown>, { id, integer, text }: Columns): Promise<void> {
  await db.schema
    .createTable("fleet_events")
    .addColumn("id", integer, id)
    .addColumn("at", text, (column) => column.notNull())
    .addColumn("actor", text, (column) => column.notNull())
    .addColumn("action", text, (column) => column.notNull())
    .addColumn("fleet", text, (column) => column.notNull())
    .addColumn("release_commit", text)
    .addColumn("release_version", text)
    .addColumn("device", text)
    .addColumn("other_fleet", text)
    .execute()
  await db.schema.createIndex("fleet_events_newest").on("fleet_events").columns(["fleet", "id"]).execute()
}

async function createTokens(db: Kysely<unknown>, { id, integer, text }: Columns): Promise<void> {
  await db.schema
    .createTable("tokens")
    .addColumn("id", integer, id)
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("organization_id", integer, (column) => column.references("organizations.id"))
    .addColumn("role", text, (column) => column.notNull())
    .addColumn("secret_hash", text, (column) => column.notNull().unique())
    .addColumn("created_at", text, (column) => column.notNull())
    .addColumn("revoked_at", text)
    .addColumn("first", integer, (column) => column.unique())
    .execute()
}
