import type { Kysely } from "kysely"
import type { Columns } from "../columns.ts"

/** Sessions of browsers, codes to sign in with once, and when a token was last used. */
export async function addSessions(db: Kysely<unknown>, { id, integer, text }: Columns): Promise<void> {
  await db.schema.alterTable("tokens").addColumn("last_used_at", text).execute()
  await db.schema
    .createTable("sessions")
    .addColumn("id", integer, id)
    .addColumn("token_id", integer, (column) => column.notNull().references("tokens.id"))
    .addColumn("secret_hash", text, (column) => column.notNull().unique())
    .addColumn("created_at", text, (column) => column.notNull())
    .addColumn("expires_at", text, (column) => column.notNull())
    .addColumn("used_at", text, (column) => column.notNull())
    .execute()
  await db.schema
    .createTable("sign_in_codes")
    .addColumn("id", integer, id)
    .addColumn("token_id", integer, (column) => column.notNull().references("tokens.id"))
    .addColumn("code_hash", text, (column) => column.notNull().unique())
    .addColumn("expires_at", text, (column) => column.notNull())
    .execute()
  for (const table of ["sessions", "sign_in_codes"]) {
    await db.schema.createIndex(`${table}_of_token`).on(table).columns(["token_id", "id"]).execute()
  }
}
