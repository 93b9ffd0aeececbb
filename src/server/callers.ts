import type { IncomingMessage } from "node:http"
import { ApiError } from "../api/api-error.ts"
import type { Principal } from "../fleet/access.ts"
import { hashSecret } from "../fleet/secret.ts"
import type { Session } from "../fleet/session.ts"
import type { Home } from "../operations/home.ts"
import { bearerSecret } from "./bearer.ts"
import type { LoginLimit } from "./login-limit.ts"
import { isSecure, requireOwnOrigin } from "./origin.ts"
import { readCookie } from "./session-cookie.ts"
import { TooManyFailures } from "./too-many-failures.ts"
import { UseNotes } from "./use-notes.ts"

interface Options {
  home: Home
  limit: LoginLimit
  onFailure: () => void
  /** Whether clients come by HTTPS to this very server. */
  isTls: boolean
}

/** Says who asks, of the API and of the registry alike: by a secret, or by the cookie of a session. */
export class Callers {
  readonly #options: Options
  readonly #uses: UseNotes

  constructor(options: Options) {
    this.#options = options
    this.#uses = new UseNotes(() => options.home.now().getTime())
  }

  /** Who a secret belongs to, by its hash. */
  async bySecret(secretHash: string): Promise<Principal | undefined> {
    const { access } = this.#options.home.database
    const principal = await access.authenticate(secretHash)
    if (principal?.kind === "token") this.#noteToken(principal.token.id)
    return principal
  }

  /**
   * The session whose cookie a request has; `undefined` where it has none. Throws `FORBIDDEN` for a page of another origin,
   * `UNAUTHORIZED` and `TOO_MANY_REQUESTS` for a session that is none, or has ended.
   */
  async bySession(incoming: IncomingMessage): Promise<Session | undefined> {
    const isByTls = this.isSecure(incoming)
    const secret = readCookie(incoming, isByTls)
    if (secret === undefined) return undefined
    requireOwnOrigin(incoming, isByTls)
    const { sessions } = this.#options.home.database
    const now = this.#options.home.now()
    const session = await sessions.findSession(hashSecret(secret), { now })
    if (session === undefined) {
      throw this.refusal(incoming, "that session has ended", "sign in again: /sign-in")
    }
    this.#noteToken(session.token.id)
    this.#uses.note(`session ${session.id}`, () => sessions.noteSessionUse(session.id, { now }))
    return session
  }

  /** Whether what a request was let in by is good yet: a session or a secret that ends meanwhile ends what goes on. */
  async isStillGood(incoming: IncomingMessage): Promise<boolean> {
    const { access, sessions } = this.#options.home.database
    const secret = bearerSecret(incoming.headers.authorization)
    if (secret !== undefined) return (await access.authenticate(hashSecret(secret))) !== undefined
    const cookie = readCookie(incoming, this.isSecure(incoming))
    const now = this.#options.home.now()
    return cookie !== undefined && (await sessions.findSession(hashSecret(cookie), { now })) !== undefined
  }

  isSecure(incoming: IncomingMessage): boolean {
    return isSecure(incoming, this.#options.isTls)
  }

  /** Counts a login that failed, and gives the seconds to wait where the address had too many. */
  countFailure(incoming: IncomingMessage): number {
    const { limit, onFailure } = this.#options
    onFailure()
    const address = incoming.socket.remoteAddress ?? ""
    const wait = limit.wait(address)
    limit.fail(address)
    return wait
  }

  /** The same as an error to be thrown. */
  refusal(incoming: IncomingMessage, message: string, hint: string): ApiError {
    const wait = this.countFailure(incoming)
    return wait > 0 ? new TooManyFailures(wait) : new ApiError("UNAUTHORIZED", message, { hint })
  }

  /** Until what is to be kept of all callers is kept. */
  settled(): Promise<void> {
    return this.#uses.settled()
  }

  #noteToken(id: number): void {
    const { access } = this.#options.home.database
    const now = this.#options.home.now()
    this.#uses.note(`token ${id}`, () => access.noteTokenUse(id, { now }))
  }
}
