import { z } from "zod"
import { type Principal, ROLES, type Token } from "../fleet/access.ts"
import { id, plainText, shortText, time } from "./texts.ts"

const organization = plainText.max(1000).nullable().meta({ description: "null: every organization" })

const lastUsedAt = time.nullable().meta({ description: "to the minute; null: never" })

/** A token, without its secret. */
export const tokenSchema = z
  .object({ id, name: z.string(), organization, role: z.enum(ROLES), createdAt: time, lastUsedAt })
  .meta({ id: "Token" }) satisfies z.ZodType<Token>

/** Without a secret, the server makes one. */
export const newTokenSchema = z
  .strictObject({
    name: shortText,
    organization,
    role: z.enum(ROLES),
    secret: shortText.optional(),
  })
  .meta({ id: "NewToken" })

export const createdTokenSchema = z
  .object({ token: tokenSchema, secret: z.string().meta({ description: "it is shown this once" }) })
  .meta({ id: "CreatedToken" })

export const tokensQuery = z.strictObject({
  organization: plainText.max(1000).optional().meta({ description: "default: all that the token reaches" }),
})

export const tokensSchema = z.object({ items: z.array(tokenSchema) }).meta({ id: "Tokens" })

/** Who a secret belongs to. */
export const principalSchema = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("token"), token: tokenSchema }),
    z.object({ kind: z.literal("device"), uuid: z.string(), organization: z.string() }),
  ])
  .meta({ id: "Principal" }) satisfies z.ZodType<Principal>
