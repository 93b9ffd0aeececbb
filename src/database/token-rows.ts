import type { Kysely } from "kysely"
import type { Token } from "../fleet/access.ts"
import type { Schema } from "./schema.ts"

/** Selects the rows that `tokenOf` reads, of tokens that are not revoked. */
export function selectTokens(db: Kysely<Schema>) {
  return db
    .selectFrom("tokens")
    .leftJoin("organizations", "organizations.id", "tokens.organization_id")
    .select([
      "tokens.id",
      "tokens.name",
      "organizations.name as organization",
      "role",
      "tokens.created_at",
      "last_used_at",
    ])
    .where("revoked_at", "is", null)
}

type TokenRow = Awaited<ReturnType<ReturnType<typeof selectTokens>["executeTakeFirstOrThrow"]>>

export function tokenOf({ created_at: createdAt, last_used_at: lastUsedAt, ...token }: TokenRow): Token {
  return { ...token, createdAt, lastUsedAt }
}
