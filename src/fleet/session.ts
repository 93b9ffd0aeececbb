import type { Token } from "./access.ts"

const DAY = 24 * 60 * 60 * 1000

/** After which a session ends, however much it is used, in milliseconds. */
export const SESSION_LIFETIME = 30 * DAY
/** After which a session that nobody uses ends, in milliseconds. */
const SESSION_IDLE = 7 * DAY
/** How long a code to sign in with is good, in milliseconds. */
const CODE_LIFETIME = 5 * 60 * 1000

/** Sessions that one token has at once: with one more, the oldest ends. */
export const MAX_SESSIONS = 100
/** The same for codes that nobody has used yet. */
export const MAX_CODES = 20

/** A browser that is signed in as a token. */
export interface Session {
  id: number
  token: Token
  /** When it ends unless it is used before. ISO 8601, UTC. */
  expiresAt: string
}

/** A code that signs in once, without itself. */
export interface SignInCode {
  /** ISO 8601, UTC. */
  expiresAt: string
}

/** When a session that begins now ends at the latest. */
export function sessionEnd(now: Date): Date {
  return new Date(now.getTime() + SESSION_LIFETIME)
}

/** When a session ends that was used last at a time. */
export function idleEnd(usedAt: Date): Date {
  return new Date(usedAt.getTime() + SESSION_IDLE)
}

/** Sessions that were used last before this have ended. */
export function idleSince(now: Date): Date {
  return new Date(now.getTime() - SESSION_IDLE)
}

/** When a code that is made now ends. */
export function codeEnd(now: Date): Date {
  return new Date(now.getTime() + CODE_LIFETIME)
}
