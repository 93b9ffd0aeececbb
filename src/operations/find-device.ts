import type { OperationOptions } from "../content/interfaces.ts"
import { type Device, isDeviceUuid, parseDeviceUuid, parseUuidBeginning } from "../fleet/device.ts"
import { deviceNotFound } from "../fleet/not-found.ts"
import type { Context } from "./context.ts"
import { OperationError } from "./operation-error.ts"

/** Of devices that an error lists. */
const SHOWN = 10

/** Reads what a person calls a device: its uuid, or the beginning of it, of 4 digits or more. Throws `INVALID_DEVICE`. */
export function parseDeviceName(text: string): string {
  return isDeviceUuid(text) ? parseDeviceUuid(text) : parseUuidBeginning(text)
}

/** The same of devices with commas between. */
export function parseDeviceNames(text: string): string[] {
  return text.split(",").map((name) => parseDeviceName(name.trim()))
}

/**
 * The uuid that a person means by it or by its beginning, of 4 digits or more. Throws `DEVICE_NOT_FOUND`, or
 * `AMBIGUOUS_DEVICE` listing what matches. A whole uuid is not looked up: a device's own key could not.
 */
export async function findUuid(
  context: Pick<Context, "fleets">,
  text: string,
  options: OperationOptions = {},
): Promise<string> {
  if (isDeviceUuid(text)) return parseDeviceUuid(text)
  const uuid = parseUuidBeginning(text)
  const found = await context.fleets.listDevices({ uuid }, { limit: SHOWN + 1, signal: options.signal })
  const [first, ...others] = found
  if (first === undefined) throw deviceNotFound(uuid)
  if (others.length === 0) return first.uuid
  const names = found.slice(0, SHOWN).map(describe)
  const more = found.length > SHOWN ? ", and more" : ""
  throw new OperationError("AMBIGUOUS_DEVICE", `${uuid} begins the uuids of ${names.join(", ")}${more}`, {
    hint: "give more digits",
  })
}

/** The device itself. Throws the same. */
export async function findDevice(
  context: Pick<Context, "fleets">,
  text: string,
  options: OperationOptions = {},
): Promise<Device> {
  return context.fleets.getDevice(await findUuid(context, text, options), options)
}

/** The devices that a person names with commas between, each once. Throws the same. */
export async function findDevices(
  context: Pick<Context, "fleets">,
  text: string,
  options: OperationOptions = {},
): Promise<Device[]> {
  const found = new Map<string, Device>()
  for (const name of parseDeviceNames(text)) {
    const device = await findDevice(context, name, options)
    found.set(device.uuid, device)
  }
  return [...found.values()]
}

function describe({ uuid, name, fleet }: Device): string {
  return `${uuid} (${name === null ? "" : `${name}, `}${fleet})`
}
