import type { Kysely } from "kysely"
import type { Columns } from "../columns.ts"

export async function createFleetsAndReleases(
  db: Kysely<unknown>,
  { id, key, text }: Columns,
): Promise<void> {
  await db.schema
    .createTable("organizations")
    .addColumn("id", key, id)
    .addColumn("name", text, (column) => column.notNull().unique())
    .addColumn("created_at", text, (column) => column.notNull())
    .execute()

  await db.schema
    .createTable("fleets")
    .addColumn("id", key, id)
    .addColumn("organization_id", key, (column) => column.notNull().references("organizations.id"))
    .addColumn("slug", text, (column) => column.notNull().unique())
    .addColumn("class", text, (column) => column.notNull())
    .addColumn("registry", text)
    .addColumn("created_at", text, (column) => column.notNull())
    .execute()

  // The texts that can be long stand last: SQLite then reads the others without them.
  await db.schema
    .createTable("releases")
    .addColumn("id", key, id)
    .addColumn("fleet_id", key, (column) => column.notNull().references("fleets.id"))
    .addColumn("commit", text, (column) => column.notNull())
    .addColumn("status", text, (column) => column.notNull())
    .addColumn("failure_reason", text)
    .addColumn("major", "bigint", (column) => column.notNull())
    .addColumn("minor", "bigint", (column) => column.notNull())
    .addColumn("patch", "bigint", (column) => column.notNull())
    .addColumn("prerelease", text, (column) => column.notNull())
    .addColumn("build", text, (column) => column.notNull())
    .addColumn("variant", text, (column) => column.notNull())
    .addColumn("revision", "bigint")
    .addColumn("raw_version", text, (column) => column.notNull())
    .addColumn("created_at", text, (column) => column.notNull())
    .addColumn("recorded_at", text, (column) => column.notNull())
    .addColumn("invalidated_at", text)
    .addColumn("index_digest", text)
    .addColumn("index_media_type", text)
    .addColumn("index_size", "bigint")
    .addColumn("composition", text, (column) => column.notNull())
    .addColumn("contract", text)
    .addColumn("note", text)
    .execute()

  await db.schema.createIndex("releases_newest").on("releases").columns(["fleet_id", "id"]).unique().execute()
  await db.schema.createIndex("releases_commit").on("releases").column("commit").execute()
  await db.schema
    .createIndex("releases_raw_version")
    .on("releases")
    .columns(["fleet_id", "raw_version"])
    .execute()
  await db.schema
    .createIndex("releases_one_success_of_a_commit")
    .on("releases")
    .columns(["fleet_id", "commit"])
    .unique()
    .where("status" as never, "=", "success" as never)
    .execute()
  await db.schema
    .createIndex("releases_one_of_a_revision")
    .on("releases")
    .columns(["fleet_id", "major", "minor", "patch", "prerelease", "variant", "revision"])
    .unique()
    .where("revision" as never, "is not", null as never)
    .execute()

  await db.schema
    .createTable("release_services")
    .addColumn("release_id", key, (column) => column.notNull().references("releases.id").onDelete("cascade"))
    .addColumn("name", text, (column) => column.notNull())
    .addColumn("digest", text, (column) => column.notNull())
    .addColumn("media_type", text, (column) => column.notNull())
    .addColumn("size", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("release_services_key", ["release_id", "name"])
    .execute()

  await db.schema
    .createTable("release_tags")
    .addColumn("release_id", key, (column) => column.notNull().references("releases.id").onDelete("cascade"))
    .addColumn("key", text, (column) => column.notNull())
    .addColumn("value", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("release_tags_key", ["release_id", "key"])
    .execute()
}
