import type { Kysely, Transaction } from "kysely"
import { USE_NOTED_EVERY } from "../fleet/access.ts"
import { tokenNotFound } from "../fleet/not-found.ts"
import {
  codeEnd,
  idleEnd,
  idleSince,
  MAX_CODES,
  MAX_SESSIONS,
  type Session,
  sessionEnd,
} from "../fleet/session.ts"
import type { SessionStore } from "../fleet/session-store.ts"
import type { Schema } from "./schema.ts"
import { selectTokens, tokenOf } from "./token-rows.ts"
import { inTransaction } from "./transaction.ts"

export function sqlSessionStore(db: Kysely<Schema>): SessionStore {
  return {
    async beginSession(tokenId, secretHash, { now, signal }) {
      return inTransaction(db, signal, (trx) => begin(trx, tokenId, secretHash, now))
    },

    async redeemCode(codeHash, secretHash, { now, signal }) {
      return inTransaction(db, signal, async (trx) => {
        // Of two that come at once, one finds it gone.
        const code = await trx
          .deleteFrom("sign_in_codes")
          .where("code_hash", "=", codeHash)
          .returning(["token_id", "expires_at"])
          .executeTakeFirst()
        if (code === undefined || code.expires_at <= now.toISOString()) return undefined
        return begin(trx, code.token_id, secretHash, now)
      })
    },

    async findSession(secretHash, { now, signal }) {
      signal?.throwIfAborted()
      const row = await db
        .selectFrom("sessions")
        .select(["id", "token_id", "expires_at", "used_at"])
        .where("secret_hash", "=", secretHash)
        .where("expires_at", ">", now.toISOString())
        .where("used_at", ">", idleSince(now).toISOString())
        .executeTakeFirst()
      if (row === undefined) return undefined
      const token = await selectTokens(db).where("tokens.id", "=", row.token_id).executeTakeFirst()
      return token && { id: row.id, token: tokenOf(token), expiresAt: endOf(row.expires_at, row.used_at) }
    },

    async noteSessionUse(id, { now, signal }) {
      const before = new Date(now.getTime() - USE_NOTED_EVERY).toISOString()
      await inTransaction(db, signal, async (trx) => {
        await trx
          .updateTable("sessions")
          .set({ used_at: now.toISOString() })
          .where("id", "=", id)
          .where("used_at", "<=", before)
          .execute()
      })
    },

    async endSession(id, { signal } = {}) {
      await inTransaction(db, signal, async (trx) => {
        await trx.deleteFrom("sessions").where("id", "=", id).execute()
      })
    },

    async endSessionsOf(tokenId, { signal } = {}) {
      await inTransaction(db, signal, (trx) => endSessionsOf(trx, tokenId))
    },

    async createCode(tokenId, code_hash, { now, signal }) {
      return inTransaction(db, signal, async (trx) => {
        if ((await lockToken(trx, tokenId)) === undefined) throw tokenNotFound(tokenId)
        await trx.deleteFrom("sign_in_codes").where("expires_at", "<=", now.toISOString()).execute()
        const expires_at = codeEnd(now).toISOString()
        await trx.insertInto("sign_in_codes").values({ token_id: tokenId, code_hash, expires_at }).execute()
        await removeOldest(trx, "sign_in_codes", tokenId, MAX_CODES)
        return { expiresAt: expires_at }
      })
    },
  }
}

/** Ends all sessions of a token, and makes its codes good for nothing. */
export async function endSessionsOf(trx: Transaction<Schema>, tokenId: number): Promise<void> {
  for (const table of ["sessions", "sign_in_codes"] as const) {
    await trx.deleteFrom(table).where("token_id", "=", tokenId).execute()
  }
}

async function begin(
  trx: Transaction<Schema>,
  token_id: number,
  secret_hash: string,
  now: Date,
): Promise<Session | undefined> {
  const token = await lockToken(trx, token_id)
  if (token === undefined) return undefined
  const at = now.toISOString()
  await trx
    .deleteFrom("sessions")
    .where((of) => of.or([of("expires_at", "<=", at), of("used_at", "<=", idleSince(now).toISOString())]))
    .execute()
  const expires_at = sessionEnd(now).toISOString()
  const { id } = await trx
    .insertInto("sessions")
    .values({ token_id, secret_hash, created_at: at, expires_at, used_at: at })
    .returning("id")
    .executeTakeFirstOrThrow()
  await removeOldest(trx, "sessions", token_id, MAX_SESSIONS)
  return { id, token: tokenOf(token), expiresAt: endOf(expires_at, at) }
}

/** A token that is good, held until the transaction ends: what is begun must not outlive its revocation. */
async function lockToken(trx: Transaction<Schema>, id: number) {
  await trx
    .updateTable("tokens")
    .set((expression) => ({ name: expression.ref("name") }))
    .where("id", "=", id)
    .execute()
  return selectTokens(trx).where("tokens.id", "=", id).executeTakeFirst()
}

async function removeOldest(
  trx: Transaction<Schema>,
  table: "sessions" | "sign_in_codes",
  tokenId: number,
  limit: number,
): Promise<void> {
  await trx
    .deleteFrom(table)
    .where("token_id", "=", tokenId)
    .where("id", "not in", (of) =>
      of.selectFrom(table).select("id").where("token_id", "=", tokenId).orderBy("id", "desc").limit(limit),
    )
    .execute()
}

function endOf(expiresAt: string, usedAt: string): string {
  const idle = idleEnd(new Date(usedAt)).toISOString()
  return idle < expiresAt ? idle : expiresAt
}
