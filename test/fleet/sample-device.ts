import { createHash } from "node:crypto"
import type { NewDevice } from "../../src/fleet/device.ts"
import { newDeviceKey, newTokenSecret } from "../../src/fleet/secret.ts"

/** The uuid of the device with this number. */
export function uuidOf(number: number): string {
  return number.toString(16).padStart(32, "0")
}

/** A device whose uuid and key come from its number. */
export function sampleDevice(number: number, changes: Partial<NewDevice> = {}): NewDevice {
  return { uuid: uuidOf(number), key: newDeviceKey(() => bytesOf(`device ${number}`)), ...changes }
}

/** A secret made from any text. */
export function secretOf(text: string): string {
  return newTokenSecret(() => bytesOf(text))
}

function bytesOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest()
}
