import type { Digest } from "../../oci/digest.ts"
import type { Exchange } from "./exchange.ts"
import { RegistryError } from "./registry-error.ts"

/**
 * Checks what a change is bound to (RFC 9110, sections 13.1.1 and 13.1.2): what a tag or digest names now has one of
 * the entity tags of `If-Match`, and none of those of `If-None-Match`; `*` is any. Throws `PRECONDITION_FAILED`.
 */
export function checkConditions(exchange: Exchange, reference: string, present: Digest | undefined): void {
  const [match, noneMatch] = [exchange.entityTags("if-match"), exchange.entityTags("if-none-match")]
  const isOneOf = (tags: readonly string[]) =>
    present !== undefined && tags.some((tag) => tag === "*" || tag === `"${present}"`)
  if ((match === undefined || isOneOf(match)) && !(noneMatch && isOneOf(noneMatch))) return
  const state = present === undefined ? "is not there" : `is ${present}`
  throw new RegistryError("PRECONDITION_FAILED", `${reference} ${state}, which is not what was expected`, {
    hint: "look at it again, and repeat the change if it is still wanted",
  })
}

/** Does what changes one tag one after another, so that what was checked still holds when it is changed. */
export class TagTurns {
  readonly #last = new Map<string, Promise<void>>()

  /** In the order of the tags, lest two wait for each other. */
  async take(name: string, tags: readonly string[], work: () => Promise<void>): Promise<void> {
    const [tag, ...others] = [...new Set(tags)].toSorted()
    if (tag === undefined) return work()
    const key = `${name}:${tag}`
    const before = this.#last.get(key)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last.set(key, promise)
    await before
    try {
      await this.take(name, others, work)
    } finally {
      if (this.#last.get(key) === promise) this.#last.delete(key)
      resolve()
    }
  }
}
