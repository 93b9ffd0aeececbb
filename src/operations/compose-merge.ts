import { isDeepStrictEqual } from "node:util"
import type { Json } from "../bundle/release-manifest.ts"
import { type ComposeDocument, type ComposeSection, isSection, sectionOf } from "./compose-document.ts"
import { invalidCompose, printPlace } from "./compose-error.ts"
import {
  keyedList,
  literal,
  matches,
  mayEqual,
  nameKey,
  uncertainEntry,
  uniqueEntries,
} from "./compose-keys.ts"
import type { ComposePlace } from "./compose-tags.ts"

/** Merges what a later file says at a place into what stands there. */
type Merge = (merging: Merging, before: Json, after: Json, place: ComposePlace) => Json

/** Where more is to be known than the kinds of both values. Jobs have those of services. */
const RULES: readonly (readonly [pattern: string, merge: Merge])[] = [
  ["networks.*.ipam.config", refuseSubnets],
  ["networks.*.labels", mergeKeyValues],
  ["volumes.*.labels", mergeKeyValues],
  ["secrets.*.labels", mergeKeyValues],
  ["configs.*.labels", mergeKeyValues],
  ...["networks.*", "volumes.*", "secrets.*", "configs.*"].map((name) => [name, mergeResource] as const),
  ["services.*.annotations", mergeKeyValues],
  // It stays behind: a release has images.
  ["services.*.build", (_, before, after) => after ?? before],
  ["services.*.command", replace],
  ["services.*.depends_on", mergeNames({ condition: "service_started", required: true })],
  ["services.*.deploy.labels", mergeKeyValues],
  ["services.*.dns", mergeTexts],
  ["services.*.dns_opt", mergeTexts],
  ["services.*.dns_search", mergeTexts],
  ["services.*.entrypoint", replace],
  ["services.*.env_file", mergeTexts],
  ["services.*.environment", mergeKeyValues],
  ["services.*.extra_hosts", mergeHosts],
  ["services.*.gpus", mergeGpus],
  ["services.*.healthcheck.test", replace],
  ["services.*.label_file", mergeTexts],
  ["services.*.labels", mergeKeyValues],
  ["services.*.logging", mergeLogging],
  ["services.*.models", mergeNames(null)],
  ["services.*.networks", mergeNames(null)],
  ["services.*.sysctls", mergeKeyValues],
  ["services.*.tmpfs", mergeTexts],
  ["services.*.ulimits.*", mergeLimits],
]

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
class Merging {
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
    for (const entry of after) {
      if (merged.some((other) => isDeepStrictEqual(other, entry))) continue
      // Compose leaves out what is there already. Of extensions nothing runs.
      if (!place.some((key) => key.startsWith("x-")) && merged.some((other) => mayEqual(other, entry))) {
        throw this.#refuseUncertain(place, entry)
      }
      merged.push(entry)
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

function ruleOf([section, ...rest]: ComposePlace): Merge | undefined {
  const place = [section === "jobs" ? "services" : (section ?? ""), ...rest]
  return RULES.find(([pattern]) => matches(place, pattern))?.[1]
}

function replace(_: Merging, __: Json, after: Json): Json {
  return after
}

/** `KEY=VALUE` as a list or as a mapping. Where one of both is a mapping, so is what they become. */
function mergeKeyValues(merging: Merging, before: Json, after: Json, place: ComposePlace): Json {
  if (after === null || before === null) return after ?? before
  if (Array.isArray(before) && Array.isArray(after)) {
    if (![...before, ...after].every((entry) => typeof entry === "string")) {
      throw merging.refuse(place, "not all of it is KEY=VALUE")
    }
    return uniqueEntries([...before, ...after], nameKey)
  }
  return Object.fromEntries([...keyValues(merging, before, place), ...keyValues(merging, after, place)])
}

function keyValues(merging: Merging, value: Json, place: ComposePlace): [string, Json][] {
  if (Array.isArray(value)) {
    return value.map((entry) => {
      const key = nameKey(entry)
      if (key === undefined || typeof entry !== "string") {
        throw merging.refuse(place, `${JSON.stringify(entry)} has no key as it stands`)
      }
      return [key, entry === key ? null : entry.slice(key.length + 1)]
    })
  }
  if (!isSection(value)) throw merging.refuse(place, "it is neither a list nor a mapping")
  for (const [key, inner] of Object.entries(value)) {
    if (key.includes("=")) throw merging.refuse(place, `the key ${key} holds a =`)
    if (typeof inner === "object" && inner !== null) throw merging.refuse(place, `${key} has no plain value`)
  }
  return Object.entries(value)
}

/** A text or a list of them; or of mappings, as `env_file` has them. */
function mergeTexts(merging: Merging, before: Json, after: Json, place: ComposePlace): Json {
  const list = (value: Json): Json[] => {
    if (value === null) return []
    if (Array.isArray(value)) return value
    if (typeof value === "string") return [value]
    throw merging.refuse(place, "it is neither a text nor a list")
  }
  return merging.mergeLists(list(before), list(after), place)
}

/** A host has as many addresses as it is given, in whatever way. */
function mergeHosts(merging: Merging, before: Json, after: Json, place: ComposePlace): Json {
  const list = (value: Json): Json[] => {
    if (value === null) return []
    if (Array.isArray(value)) return value
    if (!isSection(value)) throw merging.refuse(place, "it is neither a list nor a mapping")
    const entries = Object.entries(value).flatMap(([host, addresses]) =>
      [addresses].flat().map((address) => {
        if (typeof address !== "string") throw merging.refuse(place, `${host} has no address`)
        // Variables are filled into values alone, and a list has nothing else.
        return `${host.replaceAll("$", "$$$$")}=${address}`
      }),
    )
    return entries.toSorted()
  }
  return merging.mergeLists(list(before), list(after), place)
}

function mergeNames(defaults: ComposeSection | null): Merge {
  return (merging, before, after, place) => {
    if (Array.isArray(before) && Array.isArray(after)) {
      return [...new Set([...merging.namesOf(before, place), ...merging.namesOf(after, place)])]
    }
    return merging.mergeSections(
      merging.asNames(before, defaults, place),
      merging.asNames(after, defaults, place),
      place,
    )
  }
}

function defaultsOf(place: ComposePlace): ComposeSection | null {
  return place.at(-1) === "depends_on" ? { condition: "service_started", required: true } : null
}

/** The options of another driver mean nothing to this one. */
function mergeLogging(merging: Merging, before: Json, after: Json, place: ComposePlace): Json {
  if (!isSection(before) || !isSection(after)) throw merging.refuse(place, "it is no mapping")
  const [one, other] = [before.driver, after.driver]
  if (one === undefined || other === undefined || one === other) {
    return merging.mergeSections(before, after, place)
  }
  if (mayEqual(one, other)) throw merging.refuse(place, "whether both have one driver depends on variables")
  return after
}

function mergeLimits(merging: Merging, before: Json, after: Json, place: ComposePlace): Json {
  return isSection(before) && isSection(after) ? merging.mergeSections(before, after, place) : after
}

function mergeGpus(merging: Merging, before: Json, after: Json, place: ComposePlace): Json {
  return merging.mergeByKind(typeof before === "string" ? [{ count: "all" }] : before, after, place)
}

function mergeResource(merging: Merging, before: Json, after: Json, place: ComposePlace): Json {
  if (isSection(sectionOf(before).external) || isSection(sectionOf(after).external)) {
    throw merging.refuse([...place, "external"], "it is a mapping, as in old files")
  }
  return merging.mergeByKind(before, after, place)
}

/** Compose goes by their subnets, and loses those that the later file does not name. */
function refuseSubnets(merging: Merging, _: Json, __: Json, place: ComposePlace): Json {
  throw merging.refuse(place, "both name subnets")
}
