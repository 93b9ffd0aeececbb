import type { OperationOptions } from "../content/interfaces.ts"
import type { Session, SignInCode } from "./session.ts"

/** When something is asked or done: a session is good for a while. */
export interface TimedOptions extends OperationOptions {
  now: Date
}

/**
 * Keeps who is signed in, for every server of one database. Each method is one transaction. Secrets and codes never
 * reach it, their hashes do: see `hashSecret`. A session ends with its token.
 */
export interface SessionStore {
  /**
   * Begins a session of a token; of more than `MAX_SESSIONS` of it the oldest end. Gives nothing for a token that is not
   * there, or was revoked.
   */
  beginSession(tokenId: number, secretHash: string, options: TimedOptions): Promise<Session | undefined>

  /** The same with a code, which is good for nothing then; gives nothing for one that is not good. */
  redeemCode(codeHash: string, secretHash: string, options: TimedOptions): Promise<Session | undefined>

  /** The session whose secret has this hash, unless it has ended. */
  findSession(secretHash: string, options: TimedOptions): Promise<Session | undefined>

  /** Keeps that a session is used, unless that was kept a moment ago: see `USE_NOTED_EVERY`. */
  noteSessionUse(id: number, options: TimedOptions): Promise<void>

  /** Ends a session; one that has ended already stays so. */
  endSession(id: number, options?: OperationOptions): Promise<void>

  /** Ends all sessions of a token, and makes its codes good for nothing. */
  endSessionsOf(tokenId: number, options?: OperationOptions): Promise<void>

  /**
   * Keeps a code to sign in with once as a token; of more than `MAX_CODES` of it the oldest are good for nothing. Throws
   * `TOKEN_NOT_FOUND`.
   */
  createCode(tokenId: number, codeHash: string, options: TimedOptions): Promise<SignInCode>
}
