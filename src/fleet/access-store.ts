import type { OperationOptions } from "../content/interfaces.ts"
import type { NewToken, Principal, Token } from "./access.ts"
import type { ChangeOptions } from "./fleet-store.ts"
import type { TimedOptions } from "./session-store.ts"

/** Keeps who may do what. Each method is one transaction. */
export interface AccessStore {
  /** Throws `INVALID_TOKEN`, `ORGANIZATION_NOT_FOUND`. */
  createToken(token: NewToken, options: ChangeOptions): Promise<Token>

  /** In order of creation: those of one organization, or all with those of every organization. */
  listTokens(organization: string | null, options?: OperationOptions): Promise<Token[]>

  /** The token is good for nothing from then on. Throws `TOKEN_NOT_FOUND`. */
  revokeToken(id: number, options: ChangeOptions): Promise<Token>
}

/** What a server asks beside: the secret itself never reaches a database, its hash does. */
export interface Authenticator {
  /** The principal whose secret has this hash (see `hashSecret`), of a token that is not revoked or a device. */
  authenticate(hash: string, options?: OperationOptions): Promise<Principal | undefined>

  /** Keeps that a token is used, unless that was kept a moment ago: see `USE_NOTED_EVERY`. */
  noteTokenUse(id: number, options: TimedOptions): Promise<void>

  /** Makes the first token of all, unless there ever was one. */
  createFirstToken(token: NewToken, options: ChangeOptions): Promise<Token | undefined>
}
