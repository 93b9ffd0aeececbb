import { type Kysely, sql } from "kysely"
import type { Columns } from "../columns.ts"

/** Where PostgreSQL tells of changes. */
export const CHANGES_CHANNEL = "waybill_changes"

/** What tells of a change, and in which words: a fleet and what was done, or `access`. */
const TRIGGERS = [
  ["fleet_events", "insert on fleet_events", "new.fleet || ' ' || new.action"],
  [
    "devices",
    "update of reported_at on devices",
    "(select slug from fleets where id = new.fleet_id) || ' report'",
  ],
  ["tokens", "update of revoked_at on tokens", "'access'"],
  ["sessions", "delete on sessions", "'access'"],
] as const

/** Sessions of browsers, codes to sign in with once, and when a token was last used. */
export async function addSessions(
  db: Kysely<unknown>,
  { id, integer, text, tellsOfChanges }: Columns,
): Promise<void> {
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
  // By which it is found who has reported since something was last looked at.
  await db.schema
    .createIndex("devices_reported_at")
    .on("devices")
    .columns(["reported_at", "fleet_id"])
    .execute()
  if (tellsOfChanges) await addTriggers(db)
}

/**
 * In the transaction that changes something: who listens hears of it when that is done, and not before. The same said
 * again in one transaction is told once.
 */
async function addTriggers(db: Kysely<unknown>): Promise<void> {
  for (const [name, event, text] of TRIGGERS) {
    const tell = `waybill_tell_${name}`
    await sql
      .raw(
        `create function ${tell}() returns trigger language plpgsql as ` +
          `'begin perform pg_notify(''${CHANGES_CHANNEL}'', ${text.replaceAll("'", "''")}); return null; end'`,
      )
      .execute(db)
    await sql.raw(`create trigger ${tell} after ${event} for each row execute function ${tell}()`).execute(db)
  }
}
