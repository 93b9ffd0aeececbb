import type { Clock } from "../http/clock.ts"
import { resolveLocation } from "../http/location.ts"
import { type RetryPolicy, withRetry } from "../http/retry.ts"
import type { Transport } from "../http/transport.ts"
import { type Challenge, parseChallenges } from "./challenge.ts"
import { type Credential, type CredentialStore, nameOfLogin } from "./credentials.ts"
import { RegistryError } from "./registry-error.ts"
import { waitFor } from "./single-flight.ts"
import { basic, fetchToken, type Token } from "./token.ts"

/** What a request needs to be allowed to do. */
export interface Access {
  /** The repository whose credential is used. */
  repository: string
  /** Scopes as in Docker's token specification: `repository:NAME:pull,push`. */
  scopes: readonly string[]
}

export interface AuthenticatorOptions {
  registry: string
  transport: Transport
  credentials: CredentialStore | undefined
  clock: Clock
  retry: RetryPolicy
  plainHttp: boolean
  /** Aborted when the client is closed. */
  closed: AbortSignal
}

/** A token is renewed this many milliseconds before its end, or at three quarters of a short life. */
const RENEWAL_MARGIN = 15_000

/**
 * Knows how one registry wants its users to identify themselves, and keeps one token per repositories and actions.
 * Concurrent requests share one token request.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions
  #challenge: { kind: "basic" } | { kind: "bearer"; realm: URL; service: string | undefined } | undefined
  readonly #tokens = new Map<string, { work: Promise<Token>; renewAt: number; value: string | undefined }>()
  readonly #credentials = new Map<string, Promise<Credential | undefined>>()
  readonly #asked = new Map<string, readonly string[]>()

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** Whether the registry has asked who we are. */
  get wasAsked(): boolean {
    return this.#challenge !== undefined
  }

  /** The `Authorization` for a request; `undefined` until the registry has asked for one. */
  async authorization(access: Access, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined
    if (this.#challenge.kind === "bearer") return `Bearer ${await this.#token(access, signal)}`
    const credential = await this.#credential(access.repository, signal)
    if (credential === undefined || "identityToken" in credential) return undefined
    return basic(credential.username, credential.password)
  }

  /**
   * Answers a challenge of the registry at `origin` with another `Authorization` than the one it `rejected`;
   * `undefined` where there is none to offer.
   */
  async answer(
    challenge: string,
    origin: URL,
    access: Access,
    rejected: string | undefined,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(challenge)
    const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"))
    if (bearer !== undefined) {
      const { parameters } = bearer
      const realm = resolveLocation(origin, parameters.get("realm") ?? "", this.#options.plainHttp)
      this.#challenge = { kind: "bearer", realm, service: parameters.get("service") }
      this.#asked.set(keyOf(access), scopesOf(bearer))
      this.reject(access, rejected)
    } else if (challenges.some(({ scheme }) => scheme === "basic")) {
      this.#challenge = { kind: "basic" }
    } else {
      return undefined
    }
    const authorization = await this.authorization(access, signal)
    return authorization === rejected ? undefined : authorization
  }

  /** Forgets a token that the registry no longer takes, unless a newer one has taken its place. */
  reject(access: Access, authorization: string | undefined): void {
    const key = keyOf(access)
    const held = this.#tokens.get(key)
    if (held?.value !== undefined && `Bearer ${held.value}` === authorization) this.#tokens.delete(key)
  }

  /** Whose login is sent for a repository, for messages; `undefined` where there is none. */
  async loginOf(repository: string): Promise<string | undefined> {
    const credential = await this.#credential(repository, this.#options.closed).catch(() => undefined)
    return credential && nameOfLogin(credential)
  }

  async #token(access: Access, signal: AbortSignal | undefined): Promise<string> {
    const key = keyOf(access)
    let held = this.#tokens.get(key)
    if (held === undefined || this.#options.clock.now() >= held.renewAt) {
      const entry = { work: this.#fetchToken(access), renewAt: Number.POSITIVE_INFINITY, value: "" }
      this.#tokens.set(key, entry)
      entry.work.then(
        (token) => {
          const now = this.#options.clock.now()
          entry.value = token.value
          entry.renewAt = token.expiresAt - Math.min(RENEWAL_MARGIN, (token.expiresAt - now) / 4)
        },
        () => this.#tokens.get(key) === entry && this.#tokens.delete(key),
      )
      held = entry
    }
    return (await waitFor(held.work, signal)).value
  }

  async #fetchToken(access: Access): Promise<Token> {
    const { registry, transport, clock, retry, closed } = this.#options
    if (this.#challenge?.kind !== "bearer")
      throw new RegistryError("UNAUTHORIZED", `${registry} asks for no token`)
    const { realm, service } = this.#challenge
    const credential = await this.#credential(access.repository, closed)
    const scopes = mergeScopes(access.scopes, this.#asked.get(keyOf(access)) ?? [])
    const request = { realm, service, scopes, credential, registry }
    return withRetry(retry, { signal: closed }, () =>
      fetchToken(request, (http) => transport.send({ ...http, signal: closed }), clock.now),
    )
  }

  async #credential(repository: string, signal: AbortSignal | undefined): Promise<Credential | undefined> {
    const { credentials, registry, closed } = this.#options
    let work = this.#credentials.get(repository)
    if (work === undefined) {
      work = credentials?.lookup(registry, repository, closed) ?? Promise.resolve(undefined)
      this.#credentials.set(repository, work)
      work.catch(() => this.#credentials.delete(repository))
    }
    return waitFor(work, signal)
  }
}

function keyOf(access: Access): string {
  return [access.repository, ...access.scopes].join(" ")
}

function scopesOf(challenge: Challenge): string[] {
  return (challenge.parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== "")
}

/** Joins the actions that are asked for each resource: a registry may want more than the specification says, or name it its own way. */
function mergeScopes(...lists: (readonly string[])[]): string[] {
  const actions = new Map<string, Set<string>>()
  for (const scope of lists.flat()) {
    const colon = scope.lastIndexOf(":")
    const resource = scope.slice(0, Math.max(colon, 0))
    const known = actions.get(resource) ?? new Set()
    for (const action of scope.slice(colon + 1).split(",")) known.add(action)
    actions.set(resource, known)
  }
  return [...actions].map(([resource, set]) => `${resource}:${[...set].join(",")}`)
}
