import { FleetError } from "./fleet-error.ts"
import type { FleetSlug } from "./slug.ts"
import { checkTag, TAG_LIMITS } from "./tag.ts"

/** Of one device. */
const MAX_DEVICE_TAGS = 50

/** Of all tags of one device together, keys and values, in characters: a page of a thousand devices has to end somewhere. */
const MAX_TAGS_LENGTH = 4096

/** Of one selection. */
export const MAX_CONDITIONS = 20

/** Of a condition as `printTagCondition` prints it, in characters. */
export const MAX_CONDITION = TAG_LIMITS.key + 1 + TAG_LIMITS.valueOfDevice

/** What a device has to have: a tag, of any value or of this one. */
export interface TagCondition {
  key: string
  value?: string | undefined
}

/** Tags to set, and with `null` to take away. */
export type TagChanges = Readonly<Record<string, string | null>>

/** The devices of a fleet that have all these tags. */
export interface DeviceGroup {
  fleet: FleetSlug
  where: readonly TagCondition[]
}

/** Parses `site=north`, or `site` for whatever value. Throws `INVALID_DEVICE`. */
export function parseTagCondition(text: string): TagCondition {
  const { key, value } = splitTag(text)
  checkDeviceTag(key, value ?? "")
  return value === undefined ? { key } : { key, value }
}

/** The same of conditions that all have to hold. */
export function parseTagConditions(texts: readonly string[]): TagCondition[] {
  if (texts.length <= MAX_CONDITIONS) return texts.map(parseTagCondition)
  throw new FleetError("INVALID_DEVICE", `${texts.length} tags are asked for at once`, {
    hint: `devices are selected by ${MAX_CONDITIONS} tags at most`,
  })
}

/** Prints a condition as `parseTagCondition` reads it. */
export function printTagCondition({ key, value }: TagCondition): string {
  return value === undefined ? key : `${key}=${value}`
}

/** Parses `site=north`. Throws `INVALID_DEVICE`. */
export function parseDeviceTag(text: string): { key: string; value: string } {
  const { key, value } = splitTag(text)
  if (value === undefined) {
    throw new FleetError("INVALID_DEVICE", `"${text.slice(0, 200)}" is not a tag`, {
      hint: "a tag is written key=value, as in site=north",
    })
  }
  checkDeviceTag(key, value)
  return { key, value }
}

/** Checks changes of the tags of a device. Throws `INVALID_DEVICE`. */
export function checkTagChanges(changes: TagChanges): void {
  for (const [key, value] of Object.entries(changes)) checkDeviceTag(key, value ?? "")
}

/** The tags of a device after changes. Throws `INVALID_DEVICE` where that are too many, or too long together. */
export function afterTagging(tags: ReadonlyMap<string, string>, changes: TagChanges): Map<string, string> {
  const after = new Map(tags)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) after.delete(key)
    else after.set(key, value)
  }
  if (after.size > MAX_DEVICE_TAGS) {
    throw new FleetError("INVALID_DEVICE", `a device would have ${after.size} tags`, {
      hint: `a device has ${MAX_DEVICE_TAGS} tags at most: take some away first`,
    })
  }
  const length = [...after].reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (length <= MAX_TAGS_LENGTH) return after
  throw new FleetError("INVALID_DEVICE", `the tags of a device would have ${length} characters`, {
    hint: `keys and values have ${MAX_TAGS_LENGTH} characters together at most: take some away first`,
  })
}

export function noSuchDevice({ fleet, where }: DeviceGroup): FleetError {
  const wanted = where.map(printTagCondition).join(", ")
  return new FleetError("DEVICE_NOT_FOUND", `no device of ${fleet} has ${wanted}`, {
    hint: "look at the tags of each",
  })
}

/** Splits `site=north`, or `site`, without a check of its parts. */
export function splitTag(text: string): { key: string; value: string | undefined } {
  const at = text.indexOf("=")
  return at < 0 ? { key: text, value: undefined } : { key: text.slice(0, at), value: text.slice(at + 1) }
}

/** A key with a `=` could not be told from its value. */
function checkDeviceTag(key: string, value: string): void {
  if (key.includes("=")) {
    throw new FleetError("INVALID_DEVICE", `"${key.slice(0, 200)}" cannot be the key of a tag`, {
      hint: "leave the = out of it",
    })
  }
  checkTag(key, value, "INVALID_DEVICE")
}
