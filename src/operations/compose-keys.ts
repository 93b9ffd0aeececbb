import { posix } from "node:path"
import { isDeepStrictEqual } from "node:util"
import type { Json } from "../bundle/release-manifest.ts"
import { isSection } from "./compose-document.ts"
import type { ComposePlace } from "./compose-tags.ts"

/** What tells the entries of a list apart; `undefined` where that cannot be told before variables are filled in. */
type KeyOf = (entry: Json) => string | undefined

interface KeyedList {
  keyOf: KeyOf
  /** Whether two entries of which a key is not known may have the same. */
  mayShare: (one: Json, other: Json) => boolean
  /** Whether Compose has made mappings of a file's texts and numbers when it comes to the next file. */
  isRewritten: boolean
}

const plain = (keyOf: KeyOf): KeyedList => ({ keyOf, mayShare: mayBeginAlike, isRewritten: false })
const rewritten = (keyOf: KeyOf, mayShare: KeyedList["mayShare"]): KeyedList => ({
  keyOf,
  mayShare,
  isRewritten: true,
})

/**
 * The lists of which Compose keeps one entry for each key (compose-spec, Merge, "Unique resources"; and compose-go, which has more
 * of them). `*` stands for any name.
 */
const KEYED: readonly (readonly [pattern: string, list: KeyedList])[] = [
  ["networks.*.ipam.options", plain(nameKey)],
  ["services.*.cap_add", plain(nameKey)],
  ["services.*.cap_drop", plain(nameKey)],
  ["services.*.configs", rewritten(mountKey(""), mayEqual)],
  ["services.*.devices", rewritten(deviceKey, mayShareTarget)],
  ["services.*.dns", plain(nameKey)],
  ["services.*.dns_opt", plain(nameKey)],
  ["services.*.dns_search", plain(nameKey)],
  ["services.*.env_file", rewritten(envFileKey, mayEqual)],
  ["services.*.expose", plain(exposeKey)],
  ["services.*.links", plain(nameKey)],
  ["services.*.networks.*.aliases", plain(nameKey)],
  ["services.*.networks.*.link_local_ips", plain(nameKey)],
  ["services.*.ports", rewritten(portKey, mayShareTarget)],
  ["services.*.profiles", plain(nameKey)],
  ["services.*.secrets", rewritten(mountKey("/run/secrets"), mayEqual)],
  ["services.*.tmpfs", plain(nameKey)],
  ["services.*.volumes", rewritten(volumeKey, mayShareTarget)],
]

export function keyedList(place: ComposePlace): KeyedList | undefined {
  return KEYED.find(([pattern]) => matches(place, pattern))?.[1]
}

/**
 * An entry of which the texts do not tell what Compose makes of it, since another one of its file may stand for the same thing:
 * Compose goes by the texts of a list first and by what they mean later, and leaves out what is there already in between.
 */
export function uncertainEntry(
  before: readonly Json[],
  after: readonly Json[],
  { keyOf, mayShare, isRewritten }: KeyedList,
): Json | undefined {
  const isSame = (one: Json) => (other: Json) => {
    const [key, otherKey] = [keyOf(one), keyOf(other)]
    return key === undefined || otherKey === undefined ? mayShare(one, other) : key === otherKey
  }
  const repeated = (entries: readonly Json[]) =>
    entries.find((entry, at) => entries.slice(0, at).some(isSame(entry)))
  if (isRewritten) return repeated(before) ?? repeated(after)
  const withValues = after.filter((entry) => String(entry).includes("="))
  return repeated(withValues) === undefined
    ? undefined
    : withValues.find((entry) => before.some(isSame(entry)))
}

/** Whether two values may be the same when variables are filled in. */
export function mayEqual(one: Json, other: Json): boolean {
  if (isDeepStrictEqual(one, other)) return true
  if (typeof one !== "string" || typeof other !== "string") return JSON.stringify([one, other]).includes("$")
  if (!one.includes("$") && !other.includes("$")) return false
  const [end, otherEnd] = [afterVariables(one), afterVariables(other)]
  return mayBeginAlike(one, other) && (end.endsWith(otherEnd) || otherEnd.endsWith(end))
}

function mayBeginAlike(one: Json, other: Json): boolean {
  if (typeof one !== "string" || typeof other !== "string") return true
  const [start = "", otherStart = ""] = [one.split(/[$=]/, 1)[0], other.split(/[$=]/, 1)[0]]
  return start.startsWith(otherStart) || otherStart.startsWith(start)
}

function afterVariables(text: string): string {
  return /[^$}]*$/.exec(text)?.[0].replace(text.includes("$") ? /^\w+/ : /^/, "") ?? ""
}

function mayShareTarget(one: Json, other: Json): boolean {
  const [target, otherTarget] = [targetOf(one), targetOf(other)]
  if (Array.isArray(target) && Array.isArray(otherTarget)) {
    return target[0] <= otherTarget[1] && otherTarget[0] <= target[1]
  }
  if (typeof target !== "string" || typeof otherTarget !== "string") return true
  return cleanPath(target) === cleanPath(otherTarget)
}

/** A port or several, or a path, where the text of an entry ends with it. */
function targetOf(entry: Json): string | [first: number, last: number] | undefined {
  const target = isSection(entry) ? entry.target : entry
  const [, port, last = port] = /(?:^|:)(\d+)(?:-(\d+))?(?:\/[a-z]+)?$/.exec(String(target)) ?? []
  if (port !== undefined) return [Number(port), Number(last)]
  if (isSection(entry)) return literal(target)
  return /(?:^|:)(\/[^:$]*)(?::[^:$/]*)?$/.exec(String(target))?.[1]
}

export function matches(place: ComposePlace, pattern: string): boolean {
  const parts = pattern.split(".")
  return parts.length === place.length && parts.every((part, at) => part === "*" || part === place[at])
}

/**
 * One entry for each key: the last, at the place of the first. Where a key is not known, all of them: whoever fills the variables
 * in, as Compose does, then does this.
 */
export function uniqueEntries(entries: readonly Json[], keyOf: KeyOf): Json[] {
  const unique = new Map<string, Json>()
  for (const entry of entries) {
    const key = keyOf(entry)
    if (key === undefined) return [...entries]
    unique.set(key, entry)
  }
  return [...unique.values()]
}

/** `NAME` of `NAME=VALUE`, or all of it. */
export function nameKey(entry: Json): string | undefined {
  return typeof entry === "string" ? literal(entry.split("=", 1)[0]) : undefined
}

/** What stands there whatever variables are set to. */
export function literal(text: Json | undefined): string | undefined {
  return typeof text === "string" && !text.includes("$") ? text : undefined
}

function exposeKey(entry: Json): string | undefined {
  return typeof entry === "number" ? String(entry) : literal(entry)
}

function envFileKey(entry: Json): string | undefined {
  return literal(isSection(entry) ? entry.path : entry)
}

function deviceKey(entry: Json): string | undefined {
  if (isSection(entry)) return literal(entry.target)
  const [source, target] = literal(entry)?.split(":") ?? []
  return target ?? source
}

function mountKey(folder: string): KeyOf {
  return (entry) => {
    if (!isSection(entry)) return prefixed(folder, literal(entry))
    return entry.target === undefined ? prefixed(folder, literal(entry.source)) : literal(entry.target)
  }
}

function prefixed(folder: string, name: string | undefined): string | undefined {
  return name && `${folder}/${name}`
}

/** `SOURCE:TARGET[:MODE]` or a target alone. What has a drive of Windows in it is left to Compose. */
function volumeKey(entry: Json): string | undefined {
  if (isSection(entry)) return literal(entry.target)
  const parts = literal(entry)?.split(":") ?? []
  if (parts.length === 0 || parts.length > 3 || parts.some((part) => part.length < 2)) return undefined
  const target = parts[1] ?? parts[0]
  return target && cleanPath(target)
}

function cleanPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/$/, "")
}

/** `[[IP:]PUBLISHED:]TARGET[/PROTOCOL]` of single ports. */
const PORT = /^(?:(?:\[([\da-fA-F:.]+)\]|(\d+(?:\.\d+){3})):)?(?:(\d+):)?(\d+)(?:\/(tcp|udp|sctp))?$/

/** A published port is a text in the short syntax, and another port than a number in the long one. */
function portKey(entry: Json): string | undefined {
  if (typeof entry === "number") return portKeyOf({ target: entry })
  if (isSection(entry)) return entry.target === undefined ? undefined : portKeyOf(entry)
  const match = typeof entry === "string" ? PORT.exec(entry) : null
  if (match === null) return undefined
  const [, address6, address4, published, target, protocol] = match
  return portKeyOf({ host_ip: address6 ?? address4, published, target: Number(target), protocol })
}

function portKeyOf(port: { [key: string]: Json | undefined }): string | undefined {
  const { host_ip = "0.0.0.0", published = null, target, protocol = "tcp" } = port
  const key = JSON.stringify([host_ip, published, target, protocol])
  return key.includes("$") ? undefined : key
}
