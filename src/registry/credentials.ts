import { quoteUnlessPlain } from "../errors/quote.ts"

/** What a registry asks for to know its user. */
export type Credential =
  | { username: string; password: string }
  /** An OAuth2 refresh token, as `docker login` leaves it where a registry gives one. */
  | { identityToken: string }

export interface CredentialStore {
  /**
   * The credential for a repository, `undefined` where there is none and access is anonymous. `registry` is as in a
   * reference: `docker.io` for Docker Hub.
   */
  lookup(registry: string, repository: string, signal?: AbortSignal): Promise<Credential | undefined>
}

/** Whose login it is, for messages. */
export function nameOfLogin(credential: Credential): string {
  return "username" in credential ? `user ${quoteUnlessPlain(credential.username)}` : "an identity token"
}
