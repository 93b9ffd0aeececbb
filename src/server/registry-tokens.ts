import type { Random } from "../fleet/secret.ts"

/** How long a token is good for, in seconds. A transfer that began with it goes on. */
export const TOKEN_LIFETIME = 300
/**
 * What is remembered of one secret, of all secrets, and of anybody, in tokens and the names of repositories that they are
 * for: at most 255 characters each.
 */
const MAX_OF_SECRET = 5000
const MAX_OF_SECRETS = 100_000
const MAX_OF_ANYBODY = 50_000
const BYTES = 32

interface Issued {
  /** Hash of the secret that it stands for; none for anybody. */
  secretHash: string | undefined
  /** The repositories that it pulls from, and nothing else; `undefined` for all that the secret is good for. */
  pulls: ReadonlySet<string> | undefined
  /** In milliseconds since 1970. */
  expires: number
}

/**
 * Tokens that clients of the registry get for a secret (distribution's token authentication). They stand for the
 * secret for a while, in memory alone: once that is revoked they are good for nothing, and after a restart clients
 * ask for others by themselves. One that was asked for to pull alone is good for that alone: what a client of that kind
 * loses cannot push. Others are good for all that the secret is: some clients send the one that they have for all they do.
 */
export class RegistryTokens {
  readonly #random: Random
  readonly #now: () => number
  readonly #forSecrets = new IssuedTokens(MAX_OF_SECRET, MAX_OF_SECRETS)
  /** By themselves: anybody may ask for any number, which must not displace those of others. */
  readonly #forAnybody = new IssuedTokens(MAX_OF_ANYBODY, MAX_OF_ANYBODY)

  constructor(random: Random, now: () => number) {
    this.#random = random
    this.#now = now
  }

  issue(secretHash: string | undefined, pulls?: ReadonlySet<string>): string {
    const issued = secretHash === undefined ? this.#forAnybody : this.#forSecrets
    const token = `wbr_${Buffer.from(this.#random(BYTES)).toString("base64url")}`
    const now = this.#now()
    issued.add(token, { secretHash, pulls, expires: now + TOKEN_LIFETIME * 1000 }, now)
    return token
  }

  find(token: string): Issued | undefined {
    const found = this.#forSecrets.get(token) ?? this.#forAnybody.get(token)
    return found !== undefined && found.expires > this.#now() ? found : undefined
  }
}

/**
 * Tokens that have not ended, within limits on memory. Whoever asks for too many loses the oldest of their own; where
 * there are too many of all, whoever has none yet takes the place of the oldest of whoever has most.
 */
class IssuedTokens {
  readonly #most: { ofOne: number; ofAll: number }
  /** In the order in which they expire. */
  readonly #tokens = new Map<string, Issued>()
  readonly #holders = new Map<string | undefined, { tokens: Set<string>; size: number }>()
  #size = 0

  constructor(ofOne: number, ofAll: number) {
    this.#most = { ofOne, ofAll }
  }

  get(token: string): Issued | undefined {
    return this.#tokens.get(token)
  }

  add(token: string, issued: Issued, now: number): void {
    const { secretHash } = issued
    for (const [old, { expires }] of this.#tokens) {
      if (expires > now) break
      this.#forget(old)
    }
    while (this.#isFull(secretHash)) this.#forgetOldest(secretHash)
    const holder = this.#holders.get(secretHash) ?? { tokens: new Set(), size: 0 }
    this.#holders.set(secretHash, holder)
    this.#tokens.set(token, issued)
    holder.tokens.add(token)
    holder.size += sizeOf(issued)
    this.#size += sizeOf(issued)
  }

  #isFull(secretHash: string | undefined): boolean {
    const own = this.#holders.get(secretHash)?.size ?? 0
    return own >= this.#most.ofOne || this.#size >= this.#most.ofAll
  }

  #forgetOldest(secretHash: string | undefined): void {
    let holder = this.#holders.get(secretHash)
    if (holder === undefined) {
      for (const other of this.#holders.values()) if (other.size > (holder?.size ?? 0)) holder = other
    }
    const [oldest = ""] = holder?.tokens ?? []
    this.#forget(oldest)
  }

  #forget(token: string): void {
    const issued = this.#tokens.get(token)
    const holder = this.#holders.get(issued?.secretHash)
    if (issued === undefined || holder === undefined) return
    this.#tokens.delete(token)
    holder.tokens.delete(token)
    holder.size -= sizeOf(issued)
    this.#size -= sizeOf(issued)
    if (holder.tokens.size === 0) this.#holders.delete(issued.secretHash)
  }
}

function sizeOf({ pulls }: Issued): number {
  return 1 + (pulls?.size ?? 0)
}
