import type { Condition } from "../../content/registry-storage.ts"
import type { Digest } from "../../oci/digest.ts"
import type { Exchange } from "./exchange.ts"
import { RegistryRefusal } from "./registry-refusal.ts"

/**
 * What a change is bound to (RFC 9110, sections 13.1.1 and 13.1.2): what a tag or digest names until then has one of
 * the entity tags of `If-Match`, and none of those of `If-None-Match`; `*` is any. It throws `PRECONDITION_FAILED`.
 */
export function conditionOf(exchange: Exchange, reference: string): Condition {
  const [match, noneMatch] = [exchange.entityTags("if-match"), exchange.entityTags("if-none-match")]
  const check = (present: Digest | undefined) => {
    const isOneOf = (tags: readonly string[]) =>
      present !== undefined && tags.some((tag) => tag === "*" || tag === `"${present}"`)
    if ((match === undefined || isOneOf(match)) && !(noneMatch && isOneOf(noneMatch))) return
    const state = present === undefined ? "is not there" : `is ${present}`
    throw new RegistryRefusal(
      "PRECONDITION_FAILED",
      `${reference} ${state}, which is not what was expected`,
      {
        hint: "look at it again, and repeat the change if it is still wanted",
      },
    )
  }
  return { reference, check }
}
