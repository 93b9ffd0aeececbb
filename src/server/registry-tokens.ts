import type { Random } from "../fleet/secret.ts"
import type { RegistryAction } from "./registry/registry-access.ts"

/** How long a token is good for, in seconds. A transfer that began with it goes on. */
export const TOKEN_LIFETIME = 300
/** Tokens that are remembered: whoever asks for more cannot fill the memory. */
const MAX_TOKENS = 50_000
const BYTES = 32

/** What a token was asked for: repository → actions. */
export type Scope = ReadonlyMap<string, ReadonlySet<RegistryAction>>

interface Issued {
  /** Hash of the secret that it stands for; none for anybody. */
  secretHash: string | undefined
  scope: Scope
  /** In milliseconds since 1970. */
  expires: number
}

/**
 * Tokens that clients of the registry get for a secret (distribution's token authentication). They stand for the
 * secret for a while, in memory alone: once that is revoked they are good for nothing, and after a restart clients
 * ask for others by themselves.
 */
export class RegistryTokens {
  readonly #random: Random
  readonly #now: () => number
  readonly #issued = new Map<string, Issued>()

  constructor(random: Random, now: () => number) {
    this.#random = random
    this.#now = now
  }

  issue(secretHash: string | undefined, scope: Scope): string {
    this.#forgetOld()
    const token = `wbr_${Buffer.from(this.#random(BYTES)).toString("base64url")}`
    this.#issued.set(token, { secretHash, scope, expires: this.#now() + TOKEN_LIFETIME * 1000 })
    return token
  }

  find(token: string): Issued | undefined {
    const found = this.#issued.get(token)
    return found !== undefined && found.expires > this.#now() ? found : undefined
  }

  /** They stand in the order in which they expire. */
  #forgetOld(): void {
    for (const [token, { expires }] of this.#issued) {
      if (expires > this.#now() && this.#issued.size < MAX_TOKENS) return
      this.#issued.delete(token)
    }
  }
}

/** Parses `repository:<name>:<actions>`; what is of another kind is passed over, as the protocol wants it. */
export function parseScope(texts: readonly string[]): Scope {
  const scope = new Map<string, Set<RegistryAction>>()
  for (const text of texts.flatMap((some) => some.split(" "))) {
    const found = /^repository(?:\([^)]*\))?:(.+):([a-z*,]+)$/.exec(text)
    if (found === null) continue
    const [, name = "", actions = ""] = found
    const all = scope.get(name) ?? new Set()
    for (const action of actions.split(",")) {
      if (action === "*") for (const each of ["pull", "push", "delete"] as const) all.add(each)
      if (action === "pull" || action === "push" || action === "delete") all.add(action)
    }
    scope.set(name, all)
  }
  return scope
}
