import type { OperationOptions } from "../content/interfaces.ts"
import { type Device, isDeviceUuid, parseDeviceUuid, parseUuidBeginning } from "../fleet/device.ts"
import type { DeviceOptions } from "../fleet/fleet-store.ts"
import { deviceNotFound } from "../fleet/not-found.ts"
import { organizationOf } from "../fleet/slug.ts"
import type { Context } from "./context.ts"
import { OperationError } from "./operation-error.ts"

/** Of devices that an error lists. */
const SHOWN = 10

/** A device as the store is asked for it: see `DeviceOptions`. */
export interface DeviceName extends Pick<DeviceOptions, "organization"> {
  uuid: string
}

/**
 * Reads what a person calls a device: its uuid, or the beginning of it, of 4 digits or more; with its organization and
 * a / before it where that is needed to tell two apart. Throws `INVALID_DEVICE`.
 */
export function parseDeviceName(text: string): DeviceName {
  const slash = text.indexOf("/")
  const name = slash > 0 ? text.slice(slash + 1) : text
  return {
    uuid: isDeviceUuid(name) ? parseDeviceUuid(name) : parseUuidBeginning(name),
    ...(slash > 0 && { organization: text.slice(0, slash).toLowerCase() }),
  }
}

/** The same of devices with commas between. */
export function parseDeviceNames(text: string): DeviceName[] {
  return text.split(",").map((name) => parseDeviceName(name.trim()))
}

/**
 * The device that a person means by a name: see `parseDeviceName`. Throws `DEVICE_NOT_FOUND`, or `AMBIGUOUS_DEVICE`
 * listing what matches. A whole uuid is not looked up: a device's own key could not.
 */
export async function findDeviceName(
  context: Pick<Context, "fleets">,
  text: string,
  options: OperationOptions = {},
): Promise<DeviceName> {
  const name = parseDeviceName(text)
  if (isDeviceUuid(name.uuid)) return name
  const { uuid } = name
  const found = await context.fleets.listDevices(name, { limit: SHOWN + 1, signal: options.signal })
  const [first, ...others] = found
  if (first === undefined) throw deviceNotFound(uuid)
  if (others.length === 0) return nameOf(first)
  const names = found.slice(0, SHOWN).map(describe)
  const more = found.length > SHOWN ? ", and more" : ""
  throw new OperationError("AMBIGUOUS_DEVICE", `${uuid} begins the uuids of ${names.join(", ")}${more}`, {
    hint: `give more digits, or the organization: ${organizationOf(first.fleet)}/${uuid}`,
  })
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

/** The devices that a person names with commas between, each once. Throws the same. */
export async function findDevices(
  context: Pick<Context, "fleets">,
  text: string,
  options: OperationOptions = {},
): Promise<Device[]> {
  const found = new Map<number, Device>()
  for (const name of text.split(",")) {
    const device = await findDevice(context, name.trim(), options)
    found.set(device.id, device)
  }
  return [...found.values()]
}

/** The organization of devices, where they are all of one: by that they are told from others with their uuids. */
export function commonOrganization(devices: readonly Device[]): string | undefined {
  const [organization, ...others] = new Set(devices.map(({ fleet }) => organizationOf(fleet)))
  return others.length === 0 ? organization : undefined
}

function nameOf({ uuid, fleet }: Device): DeviceName {
  return { uuid, organization: organizationOf(fleet) }
}

function describe({ uuid, name, fleet }: Device): string {
  return `${uuid} (${name === null ? "" : `${name}, `}${fleet})`
}
