import { z } from "zod"
import { shortText, time } from "./texts.ts"
import { principalSchema } from "./token.ts"

/** What a browser signs in with. */
export const signInSchema = z
  .union([
    z.strictObject({ secret: shortText.meta({ description: "of a token" }) }),
    z.strictObject({ code: shortText.meta({ description: "good for one sign-in: see /sign-in-codes" }) }),
  ])
  .meta({ id: "SignIn" })

/** Who is signed in. */
export const sessionSchema = z
  .object({
    principal: principalSchema,
    expiresAt: time.meta({ description: "when the session ends, unless it is used before" }),
  })
  .meta({ id: "Session" })

export const signInCodeSchema = z
  .object({
    code: z.string().meta({ description: "it is shown this once; a link has it as /sign-in#code=…" }),
    expiresAt: time,
  })
  .meta({ id: "SignInCode" })
