import type { Json } from "../bundle/release-manifest.ts"
import { type ComposeSection, isSection, sectionOf } from "./compose-document.ts"
import { matches, mayEqual, nameKey, uniqueEntries } from "./compose-keys.ts"
import type { Merging } from "./compose-merge.ts"
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

export function ruleOf([section, ...rest]: ComposePlace): Merge | undefined {
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

export function defaultsOf(place: ComposePlace): ComposeSection | null {
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
