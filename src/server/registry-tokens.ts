import type { Random } from "../fleet/secret.ts"

/** How long a token is good for, in seconds. A transfer that began with it goes on. */
export const TOKEN_LIFETIME = 300
/** Tokens of each kind that are remembered: whoever asks for more cannot fill the memory. */
const MAX_TOKENS = 50_000
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
  readonly #forSecrets = new Map<string, Issued>()
  /** By themselves: anybody may ask for any number, which must not displace those of others. */
  readonly #forAnybody = new Map<string, Issued>()

  constructor(random: Random, now: () => number) {
    this.#random = random
    this.#now = now
  }

  issue(secretHash: string | undefined, pulls?: ReadonlySet<string>): string {
    const issued = secretHash === undefined ? this.#forAnybody : this.#forSecrets
    this.#forgetOld(issued)
    const token = `wbr_${Buffer.from(this.#random(BYTES)).toString("base64url")}`
    issued.set(token, { secretHash, pulls, expires: this.#now() + TOKEN_LIFETIME * 1000 })
    return token
  }

  find(token: string): Issued | undefined {
    const found = this.#forSecrets.get(token) ?? this.#forAnybody.get(token)
    return found !== undefined && found.expires > this.#now() ? found : undefined
  }

  /** They stand in the order in which they expire. */
  #forgetOld(issued: Map<string, Issued>): void {
    for (const [token, { expires }] of issued) {
      if (expires > this.#now() && issued.size < MAX_TOKENS) return
      issued.delete(token)
    }
  }
}
