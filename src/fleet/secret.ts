import { createHash } from "node:crypto"
import { FleetError } from "./fleet-error.ts"

/** Gives this many bytes that nobody can guess. */
export type Random = (size: number) => Uint8Array

const BYTES = 32
const PREFIX = { device: "wbd_", token: "wbt_", session: "wbs_", code: "wbc_" } as const

/** What each secret looks like: its prefix, and 32 random bytes in base64url (RFC 4648, section 5). */
const FORM = {
  device: /^wbd_[A-Za-z0-9_-]{43}$/,
  token: /^wbt_[A-Za-z0-9_-]{43}$/,
  session: /^wbs_[A-Za-z0-9_-]{43}$/,
  code: /^wbc_[A-Za-z0-9_-]{43}$/,
} as const

/** Makes what a device proves itself with: `wbd_` and 43 characters. */
export function newDeviceKey(random: Random): string {
  return newSecret("device", random)
}

/** Makes the secret of a token: `wbt_` and 43 characters. */
export function newTokenSecret(random: Random): string {
  return newSecret("token", random)
}

/** Makes what a browser shows in a session: `wbs_` and 43 characters. */
export function newSessionSecret(random: Random): string {
  return newSecret("session", random)
}

/** Makes a code to sign in with once: `wbc_` and 43 characters. */
export function newSignInCode(random: Random): string {
  return newSecret("code", random)
}

/** Whether a text has the form of such a secret: what has not is not worth a look into the database. */
export function isSecretOf(kind: keyof typeof FORM, text: string): boolean {
  return FORM[kind].test(text)
}

/** Throws `INVALID_DEVICE`, and never says what it was given. */
export function parseDeviceKey(text: string): string {
  if (FORM.device.test(text)) return text
  throw new FleetError("INVALID_DEVICE", "that is not the key of a device", {
    hint: "a key is wbd_ and 43 characters: 32 random bytes in base64url",
  })
}

/** Throws `INVALID_TOKEN`, and never says what it was given. */
export function parseTokenSecret(text: string): string {
  if (FORM.token.test(text)) return text
  throw new FleetError("INVALID_TOKEN", "that is not the secret of a token", {
    hint: "a token's secret is wbt_ and 43 characters, as it was shown when the token was made",
  })
}

/**
 * SHA-256, in hex: all that is kept of a secret. With 256 bits to guess there is nothing that a salt or a slow hash
 * would make harder.
 */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex")
}

function newSecret(kind: keyof typeof PREFIX, random: Random): string {
  return PREFIX[kind] + Buffer.from(random(BYTES)).toString("base64url")
}
