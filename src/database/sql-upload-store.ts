import type { Kysely } from "kysely"
import type { UploadStore } from "../fleet/upload-store.ts"
import type { Schema } from "./schema.ts"
import { inTransaction } from "./transaction.ts"

/** No registry keeps an upload that long, in milliseconds. */
const FORGOTTEN = 7 * 24 * 60 * 60 * 1000

export function sqlUploadStore(db: Kysely<Schema>): UploadStore {
  return {
    async put({ id, fleet, location }, { now, signal }) {
      const moved_at = now.toISOString()
      await inTransaction(db, signal, async (trx) => {
        await trx
          .insertInto("passed_on_uploads")
          .values({ id, fleet_id: fleet, location, moved_at })
          .onConflict((conflict) => conflict.column("id").doUpdateSet({ location, moved_at }))
          .execute()
        await trx
          .deleteFrom("passed_on_uploads")
          .where("fleet_id", "=", fleet)
          .where("moved_at", "<", new Date(now.getTime() - FORGOTTEN).toISOString())
          .execute()
      })
    },

    async find(id, fleet, options) {
      options?.signal?.throwIfAborted()
      const row = await db
        .selectFrom("passed_on_uploads")
        .select("location")
        .where("id", "=", id)
        .where("fleet_id", "=", fleet)
        .executeTakeFirst(options)
      return row && { id, fleet, location: row.location }
    },

    async remove(id, options) {
      await inTransaction(db, options?.signal, async (trx) => {
        await trx.deleteFrom("passed_on_uploads").where("id", "=", id).execute()
      })
    },
  }
}
