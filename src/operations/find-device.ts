import type { OperationOptions } from "../content/interfaces.ts"
import { quote } from "../errors/quote.ts"
import {
  type Device,
  type DeviceFilter,
  isDeviceUuid,
  isUuidBeginning,
  MAX_DEVICE_NAME,
  parseDeviceUuid,
} from "../fleet/device.ts"
import { FleetError } from "../fleet/fleet-error.ts"
import type { DeviceOptions } from "../fleet/fleet-store.ts"
import { organizationOf } from "../fleet/slug.ts"
import type { Context } from "./context.ts"
import { OperationError } from "./operation-error.ts"

/** Of a text that can name a device, in characters. */
const MAX_LENGTH = 1000

/** Of devices that an error lists. */
const SHOWN = 10

/** A device as the store is asked for it: see `DeviceOptions`. */
export interface DeviceName extends Pick<DeviceOptions, "organization"> {
  uuid: string
}

/** Checks that something can be what a person calls a device. Throws `INVALID_DEVICE`. */
export function checkDeviceText(text: string): void {
  if (text.trim() !== "" && text.length <= MAX_LENGTH) return
  throw new FleetError("INVALID_DEVICE", `"${text.slice(0, 80)}" names no device`, {
    hint: "name a device by its uuid, 4 or more digits of its beginning, or its name",
  })
}

/** The same of devices with commas between. */
export function checkDeviceTexts(text: string): void {
  for (const name of text.split(",")) checkDeviceText(name)
}

/**
 * The device that a person means: by its uuid, by the beginning of that, of 4 digits or more, or by its name; with its
 * organization and a / before it where that is needed to tell two apart. A whole uuid means that and is not looked up: a
 * device's own key could not. What can be read in several ways has to be one device in all of them. Throws
 * `INVALID_DEVICE`, `DEVICE_NOT_FOUND`, or `AMBIGUOUS_DEVICE` listing what matches.
 */
export async function findDeviceName(
  context: Pick<Context, "fleets">,
  text: string,
  options: OperationOptions = {},
): Promise<DeviceName> {
  checkDeviceText(text)
  const whole = readWhole(text)
  if (whole !== undefined) return whole
  const found = await matching(context, text, options)
  const [first, ...others] = found
  if (first === undefined) throw notFound(text)
  if (others.length === 0) return nameOf(first)
  throw ambiguous(text, found)
}

/** The device itself. Throws the same. */
export async function findDevice(
  context: Pick<Context, "fleets">,
  text: string,
  options: OperationOptions = {},
): Promise<Device> {
  const { uuid, organization } = await findDeviceName(context, text, options)
  return context.fleets.getDevice(uuid, { ...options, organization })
}

/**
 * The devices that a person names with commas between, each once. A name may have a comma in it: then it is that device, unless
 * a part of it names one, too. Throws the same.
 */
export async function findDevices(
  context: Pick<Context, "fleets">,
  text: string,
  options: OperationOptions = {},
): Promise<Device[]> {
  const names = text.split(",").map((name) => name.trim())
  const whole = names.length === 1 ? [] : await matching(context, text, options)
  const found = new Map<number, Device>()
  if (whole.length === 0) {
    for (const name of names) {
      const device = await findDevice(context, name, options)
      found.set(device.id, device)
    }
    return [...found.values()]
  }
  for (const device of whole) found.set(device.id, device)
  for (const name of names) {
    for (const device of await matching(context, name, options)) found.set(device.id, device)
  }
  const all = [...found.values()]
  if (all.length === 1) return all
  throw ambiguous(text, all)
}

/** The organization of devices, where they are all of one: by that they are told from others with their uuids. */
export function commonOrganization(devices: readonly Device[]): string | undefined {
  const [organization, ...others] = new Set(devices.map(({ fleet }) => organizationOf(fleet)))
  return others.length === 0 ? organization : undefined
}

function readWhole(text: string): DeviceName | undefined {
  const { organization, rest } = splitOrganization(text)
  if (isDeviceUuid(text)) return { uuid: parseDeviceUuid(text) }
  return organization !== undefined && isDeviceUuid(rest)
    ? { uuid: parseDeviceUuid(rest), organization }
    : undefined
}

/** All devices that a text can mean. */
async function matching(
  context: Pick<Context, "fleets">,
  text: string,
  { signal }: OperationOptions,
): Promise<Device[]> {
  const { organization, rest } = splitOrganization(text)
  const readings: DeviceFilter[] = []
  // Many devices with commas between are longer than any name, and than what a server is to be asked for.
  if (text.length <= MAX_DEVICE_NAME) readings.push({ name: text })
  if (isUuidBeginning(text)) readings.push({ uuid: text })
  if (organization !== undefined) {
    if (rest.length <= MAX_DEVICE_NAME) readings.push({ name: rest, organization })
    if (isUuidBeginning(rest)) readings.push({ uuid: rest, organization })
  }
  const found = new Map<number, Device>()
  for (const reading of readings) {
    const devices = await context.fleets.listDevices(reading, { limit: SHOWN + 1, signal })
    for (const device of devices) found.set(device.id, device)
  }
  return [...found.values()]
}

/** An organization may stand before a device, as in `acme/3f2a`; so may anything with a `/` in a name. */
function splitOrganization(text: string): { organization: string | undefined; rest: string } {
  const slash = text.indexOf("/")
  if (slash <= 0 || slash === text.length - 1) return { organization: undefined, rest: text }
  return { organization: text.slice(0, slash).toLowerCase(), rest: text.slice(slash + 1) }
}

function notFound(text: string): FleetError {
  return new FleetError("DEVICE_NOT_FOUND", `there is no device ${quote(text)}`, {
    hint: "name it by its uuid, 4 or more digits of its beginning, or its whole name",
  })
}

function ambiguous(text: string, found: readonly Device[]): OperationError {
  const names = found.slice(0, SHOWN).map(describe)
  const more = found.length > SHOWN ? ", and more" : ""
  const [one, ...others] = new Set(found.map(({ fleet }) => organizationOf(fleet)))
  const hint =
    others.length === 0
      ? "name the one that is meant by its uuid"
      : `name the one that is meant by its uuid, or with its organization: ${one}/${text}`
  return new OperationError("AMBIGUOUS_DEVICE", `${quote(text)} can mean ${names.join(", ")}${more}`, {
    hint,
  })
}

function nameOf({ uuid, fleet }: Device): DeviceName {
  return { uuid, organization: organizationOf(fleet) }
}

function describe({ uuid, name, fleet }: Device): string {
  return `${uuid} (${name === null ? "" : `${name}, `}${fleet})`
}
