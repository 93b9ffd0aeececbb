import type { Json } from "../bundle/release-manifest.ts"
import { canonicalJson } from "../oci/json.ts"
import { type ComposeDocument, type ComposeSection, isSection, sectionOf } from "./compose-document.ts"
import { invalidCompose, printPlace } from "./compose-error.ts"
import { keyedList, literal, matches, mayEqual, uncertainEntry, uniqueEntries } from "./compose-keys.ts"
import { defaultsOf, ruleOf } from "./compose-merge-rules.ts"
import type { ComposePlace } from "./compose-tags.ts"

/** Lists of names that Compose makes mappings of, which a tag of a later file may then name a key of. */
const NAME_LISTS = ["services.*.depends_on", "services.*.models", "services.*.networks"]

/**
 * Merges compose files as Compose does (compose-spec, Merge), where it is known what it does before variables are filled in; so
 * that Compose makes the same of the result as of the files. Throws `INVALID_COMPOSE_FILE` for all else.
 */
export function mergeCompose(first: ComposeDocument, others: readonly ComposeDocument[]): ComposeSection {
  let merged = first.value
  const before = [first.path]
  for (const other of others) {
    const merging = new Merging(before.join(", "), other.path)
    for (const place of other.removed) merged = sectionOf(merging.remove(merged, place, []))
    merged = merging.mergeSections(merged, other.value, [])
    before.push(other.path)
  }
  return merged
}

/** The merge of one file into those before it. */
export class Merging {
  readonly #before: string
  readonly #after: string

  constructor(before: string, after: string) {
    this.#before = before
    this.#after = after
  }

  merge(before: Json, after: Json, place: ComposePlace): Json {
    const merge = ruleOf(place)
    return merge === undefined ? this.mergeByKind(before, after, place) : merge(this, before, after, place)
  }

  mergeByKind(before: Json, after: Json, place: ComposePlace): Json {
    if (after === null) return before
    if (Array.isArray(before)) {
      if (!Array.isArray(after)) throw this.refuse(place, "one is a list, the other is none")
      return this.mergeLists(before, after, place)
    }
    if (!isSection(before)) return after
    if (!isSection(after)) throw this.refuse(place, "one is a mapping, the other is none")
    return this.mergeSections(before, after, place)
  }

  mergeSections(before: ComposeSection, after: ComposeSection, place: ComposePlace): ComposeSection {
    const merged = new Map(Object.entries(before))
    for (const [key, value] of Object.entries(after)) {
      const present = merged.get(key)
      merged.set(key, present === undefined ? value : this.merge(present, value, [...place, key]))
    }
    return Object.fromEntries(merged)
  }

  mergeLists(before: readonly Json[], after: readonly Json[], place: ComposePlace): Json[] {
    const list = keyedList(place)
    if (list !== undefined) {
      const uncertain = uncertainEntry(before, after, list)
      if (uncertain !== undefined) throw this.#refuseUncertain(place, uncertain)
      return uniqueEntries([...before, ...after], list.keyOf)
    }
    const merged = [...before]
    const withVariables = before.filter(hasVariable)
    const texts = new Set(before.map(textOf))
    const isExtension = place.some((key) => key.startsWith("x-"))
    for (const entry of after) {
      const text = textOf(entry)
      if (texts.has(text)) continue
      texts.add(text)
      // Compose leaves out what is there already. Of extensions nothing runs.
      const others = hasVariable(entry) ? merged : withVariables
      if (!isExtension && others.some((other) => mayEqual(other, entry))) {
        throw this.#refuseUncertain(place, entry)
      }
      merged.push(entry)
      if (hasVariable(entry)) withVariables.push(entry)
    }
    return merged
  }

  /** Takes away what a tag of the later file names. */
  remove(value: Json, [key, ...rest]: ComposePlace, above: ComposePlace): Json {
    if (key === undefined) return value
    const names = Array.isArray(value) && NAME_LISTS.some((pattern) => matches(above, pattern))
    const section = names ? this.asNames(value, defaultsOf(above), above) : value
    if (Array.isArray(section)) throw this.refuse([...above, key], "a tag reaches into a list")
    if (!isSection(section) || !Object.hasOwn(section, key)) return section
    const entries = Object.entries(section).flatMap(([name, inner]) => {
      if (name !== key) return [[name, inner] as const]
      return rest.length === 0 ? [] : [[name, this.remove(inner, rest, [...above, key])] as const]
    })
    return Object.fromEntries(entries)
  }

  /** A list of names as the mapping that Compose makes of it. */
  asNames(value: Json, defaults: ComposeSection | null, place: ComposePlace): ComposeSection {
    if (value === null) return {}
    if (isSection(value)) return value
    if (!Array.isArray(value)) throw this.refuse(place, "it is neither a list of names nor a mapping")
    return Object.fromEntries(this.namesOf(value, place).map((name) => [name, defaults && { ...defaults }]))
  }

  namesOf(list: readonly Json[], place: ComposePlace): string[] {
    return list.map((entry) => {
      const name = literal(entry)
      if (name === undefined) throw this.refuse(place, `${JSON.stringify(entry)} is no name as it stands`)
      return name
    })
  }

  #refuseUncertain(place: ComposePlace, entry: Json): Error {
    const text = typeof entry === "string" ? entry : JSON.stringify(entry)
    return this.refuse(place, `whether ${text} is there already cannot be told as it stands`)
  }

  refuse(place: ComposePlace, reason: string): Error {
    return invalidCompose(
      this.#after,
      `${printPlace(place)} cannot be merged with that of ${this.#before}: ${reason}`,
      "write it whole into one of the files, or replace what stands before it with the tag !override",
    )
  }
}

/** One text for one value. */
function textOf(value: Json): string {
  return Buffer.from(canonicalJson(value)).toString()
}

function hasVariable(value: Json): boolean {
  return textOf(value).includes("$")
}
