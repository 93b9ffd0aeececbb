import type { Kysely } from "kysely"
import { checkNewToken, type NewToken, type Token, USE_NOTED_EVERY } from "../fleet/access.ts"
import type { AccessStore, Authenticator } from "../fleet/access-store.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { ChangeOptions } from "../fleet/fleet-store.ts"
import { organizationNotFound, tokenNotFound } from "../fleet/not-found.ts"
import { hashSecret } from "../fleet/secret.ts"
import type { Schema } from "./schema.ts"
import { endSessionsOf } from "./sql-session-store.ts"
import { selectTokens, tokenOf } from "./token-rows.ts"
import { inTransaction } from "./transaction.ts"

export function sqlAccessStore(db: Kysely<Schema>): AccessStore & Authenticator {
  return {
    async createToken(token, options) {
      checkNewToken(token)
      const created = await insertToken(db, token, null, options)
      if (created !== undefined) return created
      throw new FleetError("INVALID_TOKEN", "the secret is that of another token", {
        hint: "give each token a secret of its own",
      })
    },

    async listTokens(organization, options) {
      options?.signal?.throwIfAborted()
      let query = selectTokens(db).orderBy("tokens.id")
      if (organization !== null) query = query.where("organizations.name", "=", organization)
      return (await query.execute()).map(tokenOf)
    },

    async revokeToken(id, options) {
      return inTransaction(db, options.signal, async (trx) => {
        const row = await selectTokens(trx).where("tokens.id", "=", id).executeTakeFirst()
        if (row === undefined) {
          throw tokenNotFound(id)
        }
        const revoked_at = options.now.toISOString()
        await trx.updateTable("tokens").set({ revoked_at }).where("id", "=", id).execute()
        await endSessionsOf(trx, id)
        return tokenOf(row)
      })
    },

    async authenticate(hash, options) {
      options?.signal?.throwIfAborted()
      const device = await db
        .selectFrom("devices")
        .innerJoin("organizations", "organizations.id", "devices.organization_id")
        .select(["devices.uuid", "organizations.name as organization"])
        .where("devices.key_hash", "=", hash)
        .executeTakeFirst(options)
      if (device !== undefined) return { kind: "device", ...device }
      const row = await selectTokens(db).where("tokens.secret_hash", "=", hash).executeTakeFirst(options)
      return row && { kind: "token", token: tokenOf(row) }
    },

    async noteTokenUse(id, { now, signal }) {
      const before = new Date(now.getTime() - USE_NOTED_EVERY).toISOString()
      await inTransaction(db, signal, async (trx) => {
        await trx
          .updateTable("tokens")
          .set({ last_used_at: now.toISOString() })
          .where("id", "=", id)
          .where((of) => of.or([of("last_used_at", "is", null), of("last_used_at", "<=", before)]))
          .execute()
      })
    },

    async createFirstToken(token, options) {
      checkNewToken(token)
      options.signal?.throwIfAborted()
      const any = await db.selectFrom("tokens").select("id").limit(1).executeTakeFirst()
      return any === undefined ? insertToken(db, token, 1, options) : undefined
    },
  }
}

/** Gives nothing where another token has the secret, or is the first already. Throws `ORGANIZATION_NOT_FOUND`. */
async function insertToken(
  db: Kysely<Schema>,
  { name, organization, role, secret }: NewToken,
  first: 1 | null,
  { now, signal }: ChangeOptions,
): Promise<Token | undefined> {
  return inTransaction(db, signal, async (trx) => {
    let organization_id: number | null = null
    if (organization !== null) {
      const row = await trx
        .selectFrom("organizations")
        .select("id")
        .where("name", "=", organization)
        .executeTakeFirst()
      if (row === undefined) {
        throw organizationNotFound(organization)
      }
      organization_id = row.id
    }
    const created_at = now.toISOString()
    const inserted = await trx
      .insertInto("tokens")
      .values({ name, organization_id, role, secret_hash: hashSecret(secret), created_at, first })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id")
      .executeTakeFirst()
    return inserted && { id: inserted.id, name, organization, role, createdAt: created_at, lastUsedAt: null }
  })
}
